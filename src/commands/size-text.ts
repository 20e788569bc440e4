const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes for the eye: `512 B`, `1.5 KiB`, `2.0 GiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let size = bytes / 1024
  let index = 0
  while (size >= 1023.95 && index < units.length - 1) {
    size /= 1024
    index += 1
  }
  return `${size.toFixed(1)} ${units[index]}`
}
