import { FillsTold, orderKeyOf } from '../wire/fills.ts'
import { many } from './words.ts'
import type { WireRecord } from '../wire/record.ts'

/** A flow that shows what fillpath is for. */
export interface Example {
  readonly traceId: string
  readonly why: string
}

/** What a flow came through, by what its events are. */
interface FlowMarks {
  outcome: string
  hedged: boolean
  hedgeFailed: boolean
  unknown: boolean
  events: number
}

/** What happened in a run, added up from the records as they are kept. */
export class RunSummary {
  readonly #events = new Map<string, number>()
  readonly #flows = new Map<string, FlowMarks>()
  readonly #fills = new FillsTold()
  /** All that was told of, as the index has them: one that was refused was never told as submitted. */
  readonly #orders = new Set<string>()

  /** Takes records in any order. */
  add(records: readonly WireRecord[]): void {
    for (const record of records) {
      if (record.signal !== 'log' || record.eventName === '') continue
      const { eventName, traceId } = record
      this.#events.set(eventName, (this.#events.get(eventName) ?? 0) + 1)
      const flow = this.#flowOf(traceId)
      flow.events += 1
      const outcome = record.attributes.get('trading.flow.outcome')
      if (eventName === 'trading.flow.ended' && typeof outcome === 'string') flow.outcome = outcome
      if (eventName === 'trading.hedge.completed') flow.hedged = true
      if (eventName === 'trading.hedge.failed') flow.hedgeFailed = true
      if (eventName === 'trading.order.unknown') flow.unknown = true
      this.#fills.add(eventName, (name) => record.attributes.get(name))
      const order = orderKeyOf((name) => record.attributes.get(name))
      if (order !== null && eventName.startsWith('trading.order.')) this.#orders.add(order)
    }
  }

  /** What happened, for people. */
  lines(): string[] {
    const count = (name: string): number => this.#events.get(name) ?? 0
    const fills = this.#fills.fills().length
    const outcomes = this.#outcomes()
    const ends = Array.from(outcomes, ([outcome, times]) => `${times} ${outcome}`).join(', ')
    return [
      `${many(count('trading.signal.detected'), 'signal')}${ends === '' ? '' : `: ${ends}`}`,
      `${many(this.#orders.size, 'order')}, ${many(fills, 'fill')}, ${count('trading.order.rejected')} rejected, ${count('trading.order.denied')} denied, ${count('trading.order.unknown')} with unknown outcome`,
      `${many(count('trading.hedge.completed'), 'hedge')} covered, ${count('trading.hedge.failed')} failed, ${count('trading.unwind.completed')} unwound`,
      `${many(count('trading.position.opened'), 'position')} opened, ${count('trading.position.closed')} closed`,
    ]
  }

  /** The same, for programs. */
  json(): object {
    return {
      outcomes: Object.fromEntries(this.#outcomes()),
      events: Object.fromEntries([...this.#events].sort(([a], [b]) => (a < b ? -1 : 1))),
      examples: this.worthReading().map(({ traceId, why }) => ({ trace_id: traceId, why })),
    }
  }

  /** Flows worth reading: one of each kind that there was, the fullest one. */
  worthReading(): Example[] {
    const kinds: readonly (readonly [why: string, is: (flow: FlowMarks) => boolean])[] = [
      ['signal → order → hedge → position', (flow) => flow.outcome === 'opened' && flow.hedged],
      ['a hedge that failed, and the unwind', (flow) => flow.hedgeFailed],
      ['an order whose outcome was not known at first', (flow) => flow.unknown],
      ['signal → order → position', (flow) => flow.outcome === 'opened' && !flow.hedged],
      ['stopped by the risk check', (flow) => flow.outcome === 'denied'],
    ]
    const taken = new Set<string>()
    return kinds.flatMap(([why, is]) => {
      const fitting = [...this.#flows].filter(
        ([id, flow]) => id !== '' && !taken.has(id) && is(flow),
      )
      const [best] = fitting.sort(([, a], [, b]) => b.events - a.events)
      if (best === undefined) return []
      taken.add(best[0])
      return [{ traceId: best[0], why }]
    })
  }

  #flowOf(traceId: string): FlowMarks {
    let flow = this.#flows.get(traceId)
    if (flow === undefined) {
      flow = { outcome: '', hedged: false, hedgeFailed: false, unknown: false, events: 0 }
      this.#flows.set(traceId, flow)
    }
    return flow
  }

  #outcomes(): Map<string, number> {
    const outcomes = new Map<string, number>()
    for (const { outcome } of this.#flows.values()) {
      if (outcome !== '') outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    return new Map([...outcomes].sort(([, a], [, b]) => b - a))
  }
}
