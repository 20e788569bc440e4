/** Base and quote currency of a symbol in the ccxt form: `BTC/USDT`, `BTC/USDT:USDT`. */
export interface Currencies {
  readonly base: string | undefined
  readonly quote: string | undefined
}

/** The currencies of a ccxt symbol; both undefined for a venue's own spelling such as `BTCUSDT`. */
export function currenciesOf(symbol: string): Currencies {
  const [pair = ''] = symbol.split(':')
  const [base, quote] = pair.split('/')
  return quote === undefined ? { base: undefined, quote: undefined } : { base, quote }
}

/** Whether two spellings may be the same market: `BTCUSDT`, `BTC-USDT` and `BTC/USDT:USDT`. */
export function sameMarket(a: string, b: string): boolean {
  return a === b || plain(a) === plain(b)
}

function plain(symbol: string): string {
  const [pair = ''] = symbol.split(':')
  return pair.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase()
}
