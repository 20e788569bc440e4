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

/** A number as a person reads it: six significant digits are more than a millisecond of an hour. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
}
