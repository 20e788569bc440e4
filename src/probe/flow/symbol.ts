/** Currencies of a symbol in the ccxt form: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC-260626`. */
export interface Currencies {
  readonly base: string | undefined
  readonly quote: string | undefined
  /** What a contract is settled in, and its fees with it. */
  readonly settle: string | undefined
}

/** The currencies of a ccxt symbol; all undefined for a venue's own spelling such as `BTCUSDT`. */
export function currenciesOf(symbol: string): Currencies {
  const [pair = '', contract] = symbol.split(':')
  const [base, quote] = pair.split('/')
  if (quote === undefined) return { base: undefined, quote: undefined, settle: undefined }
  return { base, quote, settle: contract?.split('-')[0] }
}

/** What results are counted in: quote money, base money for inverse contracts; undefined where the symbol does not say. */
export function resultCurrency(symbol: string, inverse: boolean): string | undefined {
  const { base, quote } = currenciesOf(symbol)
  return inverse ? base : quote
}

/** Whether two spellings may be the same market: `BTCUSDT`, `BTC-USDT` and `BTC/USDT:USDT`. */
export function sameMarket(a: string, b: string): boolean {
  return a === b || plain(a) === plain(b)
}

function plain(symbol: string): string {
  const [pair = ''] = symbol.split(':')
  return pair.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase()
}
