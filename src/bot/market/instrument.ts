/** What a recording says about the instrument it is of. */
import { decimal, text } from '../decimal.ts'
import type { Instrument } from './event.ts'
import type { Row } from './layout.ts'

const quotes = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'USD', 'EUR', 'BTC', 'ETH']
// Kraken's and Bitmex's word for bitcoin.
const bases: Readonly<Record<string, string>> = { XBT: 'BTC' }

/** In units of the quote money, as spot venues have it. */
const minNotional = '5'

/**
 * Symbol by name (`BTC/USDT`, `BTCUSDT`, or a file name with such a word in it); tick by the decimals
 * that prices have; lot by the decimals of quantities, but worth at least the minimum notional, so that
 * one lot can always be traded and nothing is ever left over as dust.
 */
export function instrumentOf(name: string, rows: readonly Row[]): Instrument {
  const [base, quote] = symbolOf(name)
  const levels = rows.flatMap(levelsOf)
  const price = decimal(levels[0]?.[0] ?? '1')
  const finest = decimals(levels.map(([, quantity]) => quantity))
  // Whole lots down to the tenth, hundredth … that is still worth enough; at most 10^8 for tiny prices.
  let lotDecimals = finest
  while (lotDecimals > -8 && price.times(step(lotDecimals)).lt(minNotional)) lotDecimals -= 1
  return {
    symbol: `${base}/${quote}`,
    base,
    quote,
    tickSize: step(decimals(levels.map(([at]) => at))),
    lotSize: step(lotDecimals),
    minNotional,
  }
}

function symbolOf(name: string): [base: string, quote: string] {
  const known = quotes.join('|')
  const words = name.toUpperCase().split(/[^A-Z0-9/]+/)
  for (const word of words) {
    const found = new RegExp(`^([A-Z0-9]{2,10}?)/?(${known})$`).exec(word)
    const [, base, quote] = found ?? []
    if (base !== undefined && quote !== undefined) return [bases[base] ?? base, quote]
  }
  return ['BASE', 'QUOTE']
}

function levelsOf(row: Row): (readonly [string, string])[] {
  if (row.kind === 'trade') return [[row.price, row.quantity]]
  if (row.kind === 'quote') return [row.bid, row.ask]
  return row.kind === 'book' ? [...row.bids, ...row.asks] : [row.level]
}

function decimals(values: readonly string[]): number {
  return values.reduce((most, value) => Math.max(most, value.split('.')[1]?.length ?? 0), 0)
}

function step(places: number): string {
  return text(decimal(10).pow(-places))
}
