import { distance } from 'fastest-levenshtein'

// Longer words are no typing slips, and the distance takes time in the product of both lengths.
const wordLengthMax = 100

/**
 * The candidates a person may have meant by `word`, nearest first, for a "did you mean": same
 * letters in another case or with other separators, a prefix, or a few slips (a third of the
 * letters, at least one).
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  options: { /** @default 3 */ readonly countMax?: number } = {},
): string[] {
  if (word === '' || word.length > wordLengthMax) return []
  const wanted = fold(word)
  const found: { readonly candidate: string; readonly slips: number }[] = []
  for (const candidate of candidates) {
    if (candidate.length > wordLengthMax) continue
    const folded = fold(candidate)
    const slips = distance(wanted, folded)
    const allowed = Math.max(1, Math.floor(Math.min(wanted.length, folded.length) / 3))
    if (slips <= allowed) found.push({ candidate, slips })
    else if (wanted.length >= 3 && folded.startsWith(wanted)) {
      found.push({ candidate, slips: allowed + 1 })
    }
  }
  found.sort((a, b) => a.slips - b.slips || (a.candidate < b.candidate ? -1 : 1))
  return found.slice(0, options.countMax ?? 3).map(({ candidate }) => candidate)
}

/**
 * The end of an error message: ` Did you mean "symbol" or "symbols"?`, or nothing when no candidate
 * is near.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearest(word, candidates).map((candidate) => `"${candidate}"`)
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_. ]/g, '')
}
