/** Sums of money, which of different currencies are none. */
import { add, format, parseDecimal, zero } from '../../../base/decimal.ts'
import { textAt } from './answer.ts'
import type { AnswerRow } from './answer.ts'

/** The exact sum of a column of decimal texts; null when it has none. */
export function sumOf(rows: readonly AnswerRow[], name: string): string | null {
  const values = rows.flatMap((row) => parseDecimal(row[name]) ?? [])
  return values.length === 0 ? null : format(values.reduce(add, zero))
}

/**
 * The sum of results by the currency that each is counted in, by its symbol: `1.7`, or `1.7 USDT and 0.001 BTC` where
 * there are several; null when there is none.
 */
export function resultsOf(rows: readonly AnswerRow[], name: string): string | null {
  const told = rows.filter((row) => parseDecimal(row[name]) !== undefined)
  const groups = Map.groupBy(told, (row) => currencyOf(textAt(row, 'symbol')))
  if (groups.size < 2) return sumOf(told, name)
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, members]) => `${sumOf(members, name)} ${currency || 'of no known currency'}`)
    .join(' and ')
}

/** Quotes that symbols without a separator end with, such as `BTCUSDT`. */
const quotes = /(?:USDT|USDC|FDUSD|TUSD|BUSD|DAI|USD|EUR|GBP|JPY|TRY|BRL|BTC|ETH|BNB)$/

/** What results of a market are counted in: what it is settled in, else its quote; `''` where the symbol does not say. */
function currencyOf(symbol: string): string {
  const upper = symbol.toUpperCase()
  const [pair = '', contract] = upper.split(':')
  const settle = contract?.split('-')[0]
  if (settle) return settle
  const [, quote] = pair.split(/[/_-]/)
  return quote || (quotes.exec(pair)?.[0] ?? '')
}
