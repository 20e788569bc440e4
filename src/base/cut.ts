/**
 * Cuts that show: what is missing from a text or a list, and how much. A mark of an earlier pass is
 * known again, so that cutting twice gives what cutting once gave.
 */

const markLength = 24

/**
 * A text of at most `lengthMax` characters with the mark; the text itself when it is not longer.
 * Never splits a character. Where there is no room for a mark, the mark alone.
 */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  const length = Math.max(0, lengthMax - markLength)
  const last = text.charCodeAt(length - 1)
  const end = last >= 0xd800 && last <= 0xdbff ? length - 1 : length
  return `${text.slice(0, end).toWellFormed()}…[+${text.length - end} characters]`
}

/** Whether a text is nothing but the mark of {@link cut}. */
export function isCutMark(text: string): boolean {
  return text.length <= 2 * markLength && /^…\[\+\d+ characters\]$/.test(text)
}

/** What stands in place of `count` items. */
export function moreMark(count: number): string {
  return `…[+${count} more]`
}

/** How many items a {@link moreMark} stands for; 0 when it is none. */
export function countOfMark(value: unknown): number {
  if (typeof value !== 'string' || value.length > 2 * markLength) return 0
  return Number(/^…\[\+(\d+) more\]$/.exec(value)?.[1] ?? 0)
}
