/** What is the same on all lines of a flow, whose trace id stands on each, and the place of an event in its task. */
const ofTheFlow: ReadonlySet<string> = new Set([
  'trading.executor.id',
  'trading.task.type',
  'trading.signal.id',
  'trading.sequence',
])

/**
 * What a line for people leaves out, because it says it already. Files of JSON lines keep everything.
 *
 * Of an event of ours: the double twin of a decimal, what happened (the event's name says it), any value that its
 * message contains, what its flow says once (executor, kind of task, signal), and a correlation id that is the
 * `taskId` on the same line. Lines of the bot's own keep all their fields.
 */
export function isTold(
  { eventName, message, taskId }: ToldOn,
  name: string,
  value: unknown,
): boolean {
  if (!eventName.startsWith('trading.')) return false
  if (name.endsWith('_num') || name === 'trading.order.event' || ofTheFlow.has(name)) return true
  if (name === 'trading.correlation_id' && value === taskId) return true
  return typeof value === 'string' && value.length > 1 && message.includes(value)
}

/** The line on which something may be told already. */
export interface ToldOn {
  readonly eventName: string
  readonly message: string
  /** The attribute `trading.task.id` of the line. */
  readonly taskId: unknown
}

/** Times and basis points that were computed: they have more digits than meaning. */
const measured = /_(?:ms|bps)$/

/** A number as a line for people shows it: six digits of a measured value, a price or a quantity as it is. */
export function numberText(name: string, value: number): string {
  if (Number.isInteger(value) || !measured.test(name)) return String(value)
  return String(Number(value.toPrecision(6)))
}
