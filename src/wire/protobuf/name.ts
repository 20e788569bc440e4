const size = 4096
const names: string[] = Array.from({ length: size }, () => '')

/** Longest text that is looked up. */
export const nameBytesMax = 64

/**
 * The UTF-8 text of `length` bytes from `from` on. Names of attributes come again and again, so the string made for the
 * same bytes before is given again, where it was ASCII and no other name took its place.
 */
export function nameOf(bytes: Buffer, from: number, length: number): string {
  let hash = length
  for (let at = from; at < from + length; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
  const slot = (hash ^ (hash >>> 15)) & (size - 1)
  const known = names[slot] ?? ''
  if (known.length === length) {
    let at = 0
    while (at < length && known.charCodeAt(at) === bytes[from + at]) at++
    if (at === length) return known
  }
  const name = bytes.toString('utf8', from, from + length)
  // Only ASCII can be compared byte by byte; of other text the length in UTF-16 is another.
  if (name.length === length) names[slot] = name
  return name
}
