/**
 * A test for names against a pattern in which `*` is any run of characters, dots included, and `?`
 * is one character: `trading.order.*` takes `trading.order.filled` and
 * `trading.order.cancel.rejected`, not `trading.order`. Case counts. Takes at most pattern × name
 * steps, whatever the pattern.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern
  const stars = pattern.replaceAll(/\*+/g, '*')
  return (name) => matches(stars, name)
}

// Two fingers and one way back: on a mismatch only the last star may take one character more.
function matches(pattern: string, name: string): boolean {
  let inPattern = 0
  let inName = 0
  let star = -1
  let starName = 0
  while (inName < name.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern
      starName = inName
      inPattern += 1
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[inName])) {
      inPattern += 1
      inName += 1
    } else if (star >= 0) {
      starName += 1
      inName = starName
      inPattern = star + 1
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern += 1
  return inPattern === pattern.length
}
