/** What the reference bot says of its run, in JSON, at its end. Fields that are not there are not shown. */
export interface BotReport {
  readonly market?: string
  readonly seed?: string
  readonly faults?: string
  readonly market_seconds?: number
  /** Quote money, decimal strings. */
  readonly result?: string
  readonly fees?: string
  readonly funding?: string
  readonly quote?: string
  readonly [more: string]: unknown
}

/** The report in what the bot wrote; undefined when it did not come to that. */
export function reportOf(text: string): BotReport | undefined {
  try {
    const value: unknown = JSON.parse(text.trim().split('\n').at(-1) ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** What was run. */
export function runLines(report: BotReport | undefined): string[] {
  if (report?.market === undefined) return []
  const { market, market_seconds: seconds, seed, faults } = report
  return [`${seconds ?? '?'} s of ${market}, seed ${seed ?? '?'}, faults ${faults ?? '?'}`]
}

/** What was earned. */
export function resultLines(report: BotReport | undefined): string[] {
  if (report?.result === undefined) return []
  const { result, fees, funding, quote = '' } = report
  const parts = [`result ${money(result)} ${quote}`]
  if (fees !== undefined) parts.push(`${money(fees)} fees`)
  if (funding !== undefined) parts.push(`${money(funding)} funding in it`)
  return [parts.join(', ')]
}

/** Two digits behind the point are enough for a look; the exact sum stands in the JSON. */
function money(text: string): string {
  const number = Number(text)
  return Number.isFinite(number) ? `${number > 0 ? '+' : ''}${number.toFixed(2)}` : text
}
