/** A file in the conversation. */
export interface FileEntry {
  kind: 'file'
  from: string
  name: string
}
