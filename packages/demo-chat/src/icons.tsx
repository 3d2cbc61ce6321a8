/** The few drawings of the page, as inline SVG in the colour of the text around them. */
import type { ComponentChildren } from 'preact'

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <path class="mark-line" d="M21.6 11.4a7.2 7.2 0 1 0 0 9.2" stroke-width="3" stroke-linecap="round" />
      <circle class="mark-dot" cx="16" cy="16" r="2" />
    </svg>
  )
}

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true">
      <g stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
        {children}
      </g>
    </svg>
  )
}

export const LinkIcon = () => (
  <Icon>
    <path d="M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-.9.9" />
    <path d="M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l.9-.9" />
  </Icon>
)

export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4M5 9l5-5 5 5" />
  </Icon>
)

export const DoorIcon = () => (
  <Icon>
    <path d="M8 3.5H5A1.5 1.5 0 0 0 3.5 5v10A1.5 1.5 0 0 0 5 16.5h3M12.5 13.5 16 10l-3.5-3.5M16 10H8" />
  </Icon>
)

export const LockIcon = () => (
  <Icon>
    <rect x="4.5" y="9" width="11" height="7.5" rx="1.5" />
    <path d="M7 9V6.5a3 3 0 0 1 6 0V9" />
  </Icon>
)

export const ReplyIcon = () => (
  <Icon>
    <path d="M8 5 3.5 9.5 8 14M3.5 9.5H12a4.5 4.5 0 0 1 4.5 4.5v1" />
  </Icon>
)

export const InfoIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <path d="M10 9.5v4M10 6.6v.1" />
  </Icon>
)

export const EmojiIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <path d="M7.5 11.8a3 3 0 0 0 5 0M8 8v.1M12 8v.1" />
  </Icon>
)

export const ClipIcon = () => (
  <Icon>
    <path d="m16 9.5-5.8 5.8a3.6 3.6 0 0 1-5.1-5.1l6-6a2.4 2.4 0 0 1 3.4 3.4l-6 6a1.2 1.2 0 0 1-1.7-1.7L12 6.6" />
  </Icon>
)

export const CloseIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />
  </Icon>
)

export const MoreIcon = () => (
  <Icon>
    <path d="M10 4.6v.1M10 10v.1M10 15.4v.1" stroke-width="2.4" />
  </Icon>
)

export const GearIcon = () => (
  <Icon>
    <path d="M3.5 6h7M14 6h2.5M3.5 14H6M9.5 14h7" />
    <circle cx="12.2" cy="6" r="1.8" />
    <circle cx="7.8" cy="14" r="1.8" />
  </Icon>
)

export const CheckIcon = () => (
  <Icon>
    <path d="m4.5 10.5 3.6 3.6 7.4-8" />
  </Icon>
)

export const FileIcon = () => (
  <Icon>
    <path d="M11.5 3H6a1.5 1.5 0 0 0-1.5 1.5v11A1.5 1.5 0 0 0 6 17h8a1.5 1.5 0 0 0 1.5-1.5V7zM11.5 3v4h4" />
  </Icon>
)
