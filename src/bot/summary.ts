/** What a run did, for people and for programs. */
import { decimal, zero } from './decimal.ts'
import type { RunResult } from './run.ts'
import { resultOf, type FlowNote } from './trader/tally.ts'

/** The run in numbers and examples. */
export interface Summary {
  readonly market: string
  readonly seed: string
  readonly faults: string
  readonly market_seconds: number
  readonly candle_ms: number
  readonly signals: number
  readonly flows: Readonly<Record<string, number>>
  /** Why pairs were closed. */
  readonly exits: Readonly<Record<string, number>>
  /** Why flows were denied. */
  readonly denials: Readonly<Record<string, number>>
  readonly orders: Readonly<Record<string, number>>
  readonly fills: Readonly<Record<string, number>>
  readonly hedges: number
  readonly hedges_failed: number
  readonly unwinds: number
  readonly price_guards: number
  readonly unknown_orders: number
  readonly foreign_orders: number
  readonly disconnects: number
  readonly lines_left_out: number
  /** Quote money, decimal strings. */
  readonly result: string
  readonly fees: string
  readonly funding: string
  readonly quote: string
  readonly examples: readonly {
    readonly trace_id: string
    readonly correlation_id: string
    readonly what: string
  }[]
}

/** Adds a run up. */
export function summaryOf(
  result: RunResult,
  about: {
    readonly market: string
    readonly quote: string
    readonly seed: string
    readonly faults: string
    readonly linesLeftOut: number
  },
): Summary {
  const { tally, venues, candleMs, elapsedMs } = result
  const { flows } = tally
  const opened = flows.filter(({ outcome }) => outcome === 'opened')
  const denied = flows.filter(({ outcome }) => outcome === 'denied')
  const funding = venues.reduce((sum, { core }) => sum.plus(core.account.funding), zero)
  const fees = venues.reduce((sum, { core }) => sum.plus(core.account.fees), zero)
  return {
    market: about.market,
    seed: about.seed,
    faults: about.faults,
    market_seconds: Math.round(elapsedMs) / 1000,
    candle_ms: candleMs,
    signals: tally.signals,
    flows: countBy(flows, ({ outcome }) => outcome),
    exits: countBy(opened, ({ detail }) => detail),
    denials: countBy(denied, ({ detail }) => detail),
    orders: Object.fromEntries(tally.orders),
    fills: Object.fromEntries(tally.fills),
    hedges: tally.hedges,
    hedges_failed: tally.hedgesFailed,
    unwinds: tally.unwinds,
    price_guards: tally.pauses,
    unknown_orders: tally.unknownOrders,
    foreign_orders: tally.foreignOrders,
    disconnects: tally.disconnects,
    lines_left_out: about.linesLeftOut,
    result: venues.reduce((sum, { core }) => sum.plus(core.account.result), zero).toFixed(),
    fees: fees.toFixed(),
    funding: funding.toFixed(),
    quote: about.quote,
    examples: examplesOf(flows),
  }
}

/** The summary as lines for people. */
export function summaryLines(summary: Summary): string[] {
  const { quote, orders, fills } = summary
  const money = (value: string): string =>
    `${Number(value) > 0 ? '+' : ''}${decimal(value).toFixed(2)}`
  const perVenue = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([venue, count]) => `${count} on ${venue}`)
      .join(', ') || 'none'
  const rows: [string, string][] = [
    [
      'market',
      `${summary.market_seconds} s of ${summary.market}, candles of ${summary.candle_ms} ms`,
    ],
    ['run', `seed ${summary.seed}, faults ${summary.faults}`],
    ['flows', `${summary.signals} signals: ${listed(summary.flows)}`],
    ['exits', listed(summary.exits)],
    ['denied', listed(summary.denials)],
    ['orders', `${perVenue(orders)}; fills: ${perVenue(fills)}`],
    [
      '',
      `${summary.unknown_orders} of unknown outcome for a while, ${summary.foreign_orders} that the bot never sent`,
    ],
    ['hedges', `${summary.hedges}, ${summary.hedges_failed} failed, ${summary.unwinds} unwound`],
    [
      'result',
      `${money(summary.result)} ${quote}, with ${money(summary.fees)} fees and ${money(summary.funding)} funding in it`,
    ],
  ]
  const shown = rows.filter(([, value]) => value !== '')
  const lines = shown.map(([name, value]) => `  ${name.padEnd(8)}${value}`)
  if (summary.lines_left_out > 0) {
    lines.push(`  ${'lines'.padEnd(8)}${summary.lines_left_out} of the recording left out`)
  }
  const reading = summary.examples.map(
    ({ trace_id: id, what }) => `  npx fillpath trace ${id}   ${what}`,
  )
  return ['', 'The bot is done.', ...lines, ...(reading.length > 0 ? ['', ...reading] : [])]
}

function countBy<T>(items: readonly T[], by: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[by(item)] = (counts[by(item)] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).toSorted(([, one], [, other]) => other - one))
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
    .join(', ')
}

/** One flow of each kind, the first of them. */
function examplesOf(flows: readonly FlowNote[]): Summary['examples'] {
  const kinds = new Map<string, FlowNote>()
  for (const flow of flows) {
    const kind = flow.outcome === 'opened' ? `opened, ${flow.detail}` : flow.outcome
    if (!kinds.has(kind)) kinds.set(kind, flow)
  }
  return [...kinds].map(([kind, flow]) => {
    const { traceId, correlationId, side, reason } = flow
    const result = resultOf(flow)
    const earned = result ? `, ${result.toFixed(2)}` : ''
    const what = `${reason}, ${side}: ${kind.replaceAll('_', ' ')}${earned}`
    return { trace_id: traceId, correlation_id: correlationId, what }
  })
}
