/** A text as a QR code, drawn in one path. The code that makes it is loaded when it is first needed. */
import { useEffect, useState } from 'preact/hooks'
import { t } from './words/language.ts'

/** Empty modules around it, without which phones do not find it. */
const QUIET = 4

export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<{ size: number; path: string } | 'too-long'>()
  useEffect(() => {
    let isCurrent = true
    const show = async (): Promise<void> => {
      const made = await draw(text).catch(() => 'too-long' as const)
      if (isCurrent) setDrawn(made)
    }
    void show()
    return () => {
      isCurrent = false
    }
  }, [text])
  if (drawn === 'too-long') return <small>{t.invite.noQr}</small>
  if (drawn === undefined) return <div class="qr" aria-hidden="true" />
  return (
    <svg class="qr" viewBox={`0 0 ${drawn.size} ${drawn.size}`} role="img" aria-label={label}>
      <rect width={drawn.size} height={drawn.size} fill="#fff" />
      <path d={drawn.path} fill="#000" />
    </svg>
  )
}

async function draw(text: string): Promise<{ size: number; path: string }> {
  const { default: encodeQR } = await import('qr')
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET })
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size: rows.length, path }
}
