/** Single cells of a recorded market. Each function throws {@link BadLine} with what is wrong. */
import { decimal, text } from '../decimal.ts'
import type { Side } from './event.ts'

/** A line that cannot be used; the message says what is wrong with it. */
export class BadLine extends Error {
  override readonly name = 'BadLine'
}

/** Aggressor of a trade from its `is_buyer_maker`. */
export function takerOf(cells: readonly string[], column: number | undefined): Side {
  const word = (cells[column ?? -1] ?? '').toLowerCase()
  if (word !== 'true' && word !== 'false') {
    throw new BadLine(`is_buyer_maker is '${word}', not true or false`)
  }
  // The buyer was resting, so the seller came and took.
  return word === 'true' ? 'sell' : 'buy'
}

/** `buy` or `sell`, in any case. */
export function sideOf(cells: readonly string[], column: number): Side {
  const word = (cells[column] ?? '').toLowerCase()
  if (word !== 'buy' && word !== 'sell') throw new BadLine(`side is '${word}', not buy or sell`)
  return word
}

/** A decimal of zero or more, in plain notation. */
export function amount(cells: readonly string[], column: number | undefined, name: string): string {
  const cell = cells[column ?? -1] ?? ''
  if (!/^\d+(\.\d+)?(e[-+]?\d{1,2})?$/i.test(cell))
    throw new BadLine(`${name} is '${cell}', not a number`)
  return text(cell)
}

/** A decimal above zero. */
export function positive(
  cells: readonly string[],
  column: number | undefined,
  name: string,
): string {
  const value = amount(cells, column, name)
  if (value === '0') throw new BadLine(`${name} is 0`)
  return value
}

/** A time in ns; its unit is told by its size. */
export function timeOf(cells: readonly string[], column: number | undefined): bigint {
  const cell = cells[column ?? -1] ?? ''
  if (!/^\d{9,19}(\.\d+)?$/.test(cell)) {
    throw new BadLine(`time is '${cell}', not seconds, ms, µs or ns since 1970`)
  }
  const digits = cell.split('.', 1)[0]?.length ?? 0
  const nsPerUnit =
    digits <= 11 ? '1000000000' : digits <= 14 ? '1000000' : digits <= 17 ? '1000' : '1'
  return BigInt(decimal(cell).times(nsPerUnit).round(0).toFixed())
}
