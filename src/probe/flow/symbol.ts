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

/**
 * Whether two spellings may be the same market: `BTCUSDT`, `BTC-USDT-SWAP` and `BTC/USDT:USDT`; `BTCUSDT_260626` and
 * `BTC/USDT:USDT-260626`. A contract with a date, or an option, is another market than the one without.
 */
export function sameMarket(a: string, b: string): boolean {
  return a === b || plain(a) === plain(b)
}

/** Of those in a market, those of its very spelling where there are any: spot and its perpetual may share a short one. */
export function inMarket<T extends { readonly symbol: string }>(
  all: readonly T[],
  symbol: string,
): T[] {
  const exact = all.filter((one) => one.symbol === symbol)
  return exact.length > 0 ? exact : all.filter((one) => sameMarket(one.symbol, symbol))
}

function plain(symbol: string): string {
  const [pair = '', contract = ''] = symbol.split(':')
  const [, ...terms] = contract.split('-')
  const letters = [pair, ...terms]
    .join('')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase()
  return letters.replace(/(?<=.)(?:SWAP|PERP)$/, '')
}
