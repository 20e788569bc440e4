import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { classOfSeverity } from '../../semconv/classes.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import { eventDefinition } from '../../semconv/events.ts'
import { spans } from '../../semconv/spans.ts'
import { encodeLog, logAttributeTag } from '../../wire/encode/log.ts'
import { encodeMetric } from '../../wire/encode/metric.ts'
import { Origins } from '../../wire/encode/origins.ts'
import type { EncodableScope } from '../../wire/encode/origins.ts'
import { RecordIds } from '../../wire/encode/record-id.ts'
import { encodeSpan, spanAttributeTag } from '../../wire/encode/span.ts'
import { fault, guarded } from '../event/fault.ts'
import { scope } from '../event/scope.ts'
import type { Signal } from '../ship/endpoint.ts'
import type { Room, Spool } from '../spool/spool.ts'

/** Records of each signal and class. */
export type Accepted = Readonly<Record<Signal, Record<PriorityClass, number>>>

/** No span id. */
const runKey = 'run'

/**
 * Encodes what the SDK hands over straight into the spool: no queue, no object in between. A record gets its id here,
 * `install-boot-sequence`, as an attribute, so that a receiver knows what it has already. Never throws.
 */
export class SpoolWriter {
  /** Records that the spool took. */
  readonly accepted: Accepted = { log: zeros(), span: zeros(), metric: zeros() }
  /** Records that it did not take, or that could not be encoded. */
  readonly refused: Record<Signal, number> = { log: 0, span: 0, metric: 0 }
  readonly #spool: Spool
  readonly #origins = new Origins()
  /** Numbers that the spool gave to those of `origins`. */
  readonly #numbers: (number | undefined)[] = []
  readonly #ids: RecordIds
  readonly #written: () => void
  #isTurnPlanned = false

  /** @param written called after something was written, about once a turn; cheap, or it is felt */
  constructor(spool: Spool, written: () => void = () => undefined) {
    this.#spool = spool
    this.#written = written
    this.#ids = new RecordIds(`${spool.install.slice(0, 8)}-${spool.boot.slice(0, 16)}-`)
  }

  /** Critical records wait for one another until {@link SpoolWriter.release}. */
  hold(): void {
    this.#spool.hold()
  }

  release(): void {
    guarded('write the records of a call', () => this.#spool.release())
  }

  /** Writes a log record or an event. */
  log(record: ReadableLogRecord, recordClass = classOfLog(record)): boolean {
    const { resource, instrumentationScope } = record
    const room = this.#begin('log', recordClass, resource, instrumentationScope)
    if (room === undefined) return false
    try {
      encodeLog(room, record)
      this.#ids.write(room, logAttributeTag, room.sequence)
    } catch (error) {
      return this.#giveUp(room, 'log', error)
    }
    return this.#commit(room, 'log')
  }

  /**
   * Notes a span of a flow that has begun, so that the next start can close it should this process die.
   * @param span as it is to be sent then, but for its end
   */
  begun(span: ReadableSpan): void {
    const origin = this.#origin(span.resource, span.instrumentationScope)
    const { spanId } = span.spanContext()
    this.#spool.openSpans.begin(spanId, origin, (target) => encodeSpan(target, span))
  }

  /** Notes a run that has begun: the record is what is sent, with a time, should this process die. */
  runBegun(record: ReadableLogRecord): void {
    const origin = this.#origin(record.resource, record.instrumentationScope)
    this.#spool.openSpans.begin(runKey, origin, (target) => encodeLog(target, record), 'log')
  }

  /** The run ended in good order. */
  runEnded(): void {
    this.#spool.openSpans.end(runKey)
  }

  /** Writes a span that has ended. */
  span(span: ReadableSpan): boolean {
    const isTaken = this.#span(span)
    if (isFlowSpan(span)) this.#spool.ended(span.spanContext().spanId)
    return isTaken
  }

  /** Writes one collection of metrics. False when a part of it was refused. */
  metrics({ resource, scopeMetrics }: ResourceMetrics): boolean {
    let isWhole = true
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) {
        if (metric.dataPoints.length === 0) continue
        const room = this.#begin('metric', 'normal', resource, scope)
        if (room === undefined) {
          isWhole = false
          continue
        }
        try {
          encodeMetric(room, metric)
          isWhole = this.#commit(room, 'metric') && isWhole
        } catch (error) {
          isWhole = this.#giveUp(room, 'metric', error)
        }
      }
    }
    return isWhole
  }

  #span(span: ReadableSpan): boolean {
    const { resource, instrumentationScope } = span
    const room = this.#begin('span', classOfSpan(span), resource, instrumentationScope)
    if (room === undefined) return false
    try {
      encodeSpan(room, span)
      this.#ids.write(room, spanAttributeTag, room.sequence)
    } catch (error) {
      return this.#giveUp(room, 'span', error)
    }
    return this.#commit(room, 'span')
  }

  /** A room; `undefined` when what stands around the record cannot be encoded. */
  // oxlint-disable-next-line max-params -- an object would be made for every record
  #begin(
    signal: Signal,
    recordClass: PriorityClass,
    resource: ResourceMetrics['resource'],
    scope: EncodableScope,
  ): Room | undefined {
    try {
      return this.#spool.begin(recordClass, this.#origin(resource, scope))
    } catch (error) {
      this.#refuse(signal, error)
      return undefined
    }
  }

  #origin(resource: ResourceMetrics['resource'], scope: EncodableScope): number {
    const id = this.#origins.idOf(resource, scope)
    return (this.#numbers[id] ??= this.#spool.origin(this.#origins.bytesOf(id)))
  }

  #commit(room: Room, signal: Signal): boolean {
    const isTaken = this.#spool.commit(room, signal)
    if (isTaken) this.accepted[signal][room.class] += 1
    else this.refused[signal] += 1
    if (!this.#isTurnPlanned) {
      this.#isTurnPlanned = true
      // The spool writes at the end of the turn, by a tick: this comes after it.
      setImmediate(this.#endTurn)
    }
    return isTaken
  }

  readonly #endTurn = (): void => {
    this.#isTurnPlanned = false
    this.#written()
  }

  #giveUp(room: Room, signal: Signal, error: unknown): boolean {
    this.#spool.abort(room)
    this.#refuse(signal, error)
    return false
  }

  #refuse(signal: Signal, error: unknown): void {
    this.refused[signal] += 1
    fault(`encode a ${signal}`, error)
  }
}

function zeros(): Record<PriorityClass, number> {
  return { critical: 0, normal: 0, snapshot: 0 }
}

/** An error is critical, whatever the registry says of its event. */
function classOfLog({ eventName, severityNumber }: ReadableLogRecord): PriorityClass {
  const bySeverity = classOfSeverity(severityNumber ?? 0)
  if (eventName === undefined || bySeverity === 'critical') return bySeverity
  return eventDefinition(eventName)?.class ?? bySeverity
}

function classOfSpan(span: ReadableSpan): PriorityClass {
  return isFlowSpan(span) || span.status.code === SpanStatusCode.ERROR ? 'critical' : 'normal'
}

/** Whether it is one of the spans that a flow is made of. */
export function isFlowSpan({
  name,
  instrumentationScope,
}: Pick<ReadableSpan, 'name' | 'instrumentationScope'>): boolean {
  return instrumentationScope.name === scope.name && Object.hasOwn(spans, name)
}
