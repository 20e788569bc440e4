/** Integers beyond 2⁵³, such as the order ids of some venues: JSON.parse would take their last digits. */
const longInteger = /[[:,]\s*-?\d{16,}\s*[\],}]/

/**
 * What a JSON text says; integers beyond 2⁵³ become what `integer` makes of their digits.
 * @throws SyntaxError when it is no JSON
 */
export function parseExact(text: string, integer: (digits: string) => unknown): unknown {
  if (!longInteger.test(text)) return JSON.parse(text)
  // The third argument of a reviver, of ECMAScript 2026, holds the text of the number.
  return JSON.parse(text, (_key: string, value: unknown, ...rest: unknown[]): unknown => {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
    const [context] = rest
    const source =
      typeof context === 'object' && context !== null ? Reflect.get(context, 'source') : undefined
    return typeof source === 'string' && /^-?\d+$/.test(source) ? integer(source) : value
  })
}
