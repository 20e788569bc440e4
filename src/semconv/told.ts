/**
 * What a line for people leaves out, because it says it already. Files of JSON lines keep everything.
 *
 * Of an event of ours: the double twin of a decimal, what happened (the event's name says it), and any value that its
 * message contains. Lines of the bot's own keep all their fields.
 */
export function isTold(eventName: string, message: string, name: string, value: unknown): boolean {
  if (!eventName.startsWith('trading.')) return false
  if (name.endsWith('_num') || name === 'trading.order.event') return true
  return typeof value === 'string' && value.length > 1 && message.includes(value)
}

/** Times and basis points that were computed: they have more digits than meaning. */
const measured = /_(?:ms|bps)$/

/** A number as a line for people shows it: six digits of a measured value, a price or a quantity as it is. */
export function numberText(name: string, value: number): string {
  if (Number.isInteger(value) || !measured.test(name)) return String(value)
  return String(Number(value.toPrecision(6)))
}
