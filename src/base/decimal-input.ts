/**
 * A number of big.js, decimal.js or bignumber.js, told by what they share. Described here and not imported: big.js brings
 * no types, so that in a bot without `@types/big.js` its type would be `any`, and every price with it.
 */
export interface DecimalObject {
  /** Sign; `null` when it is no number. */
  readonly s: number | null
  /** Exponent; `null` when it is not finite. */
  readonly e: number | null
  toFixed(): string
  toString(): string
}

/** What can be read as a decimal. */
export type DecimalInput = string | number | bigint | DecimalObject
