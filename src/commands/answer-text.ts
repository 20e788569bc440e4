/** Answers for people, for programs and for spreadsheets. */
import { parseExact } from '../base/exact-json.ts'
import { zoneOf } from '../archive/zone.ts'
import { cellText, columnsOf, isTime, tableLines } from './table-text.ts'
import type { TextLine } from './table-text.ts'
import type { Answer, AnswerRow, Section, Value } from '../desk/store/questions/answer.ts'
import type { Output } from './output.ts'

/** How an answer is written. */
export interface AnswerStyle {
  readonly csv: boolean
  readonly timeZone: string
}

/** Writes an answer. */
export function tellAnswer(output: Output, answer: Answer, style: AnswerStyle): void {
  if (output.json) output.value(jsonOf(answer))
  else if (style.csv) for (const line of csvLines(mainOf(answer))) output.line(line)
  else tellTables(output, answer, style.timeZone)
}

/** The section that a file of one table holds: the longest. */
function mainOf(answer: Answer): readonly AnswerRow[] {
  return answer.reduce<readonly AnswerRow[]>(
    (longest, { rows }) => (rows.length > longest.length ? rows : longest),
    [],
  )
}

function jsonOf(answer: Answer): object {
  return Object.fromEntries(
    answer.map(({ name, rows }) => [
      name.replaceAll(/[^a-z0-9]+/gi, '_'),
      rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, jsonValue(key, value)])),
      ),
    ]),
  )
}

function jsonValue(column: string, value: Value): unknown {
  if (isTime(column) && typeof value === 'number') return new Date(value).toISOString()
  // As text, an id of a venue keeps its last digits in every reader.
  return (column === 'payload' || column === 'fees_by_currency') && typeof value === 'string'
    ? parseExact(value, (digits) => digits)
    : value
}

function csvLines(rows: readonly AnswerRow[]): string[] {
  const columns = columnsOf(rows)
  const lines = rows.map((row) =>
    columns
      .map((column) => {
        const value = row[column] ?? null
        const isInstant = isTime(column) && typeof value === 'number'
        return quoted(isInstant ? new Date(value).toISOString() : String(value ?? ''))
      })
      .join(','),
  )
  return columns.length === 0 ? [] : [columns.map(quoted).join(','), ...lines]
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function tellTables(output: Output, answer: Answer, timeZone: string): void {
  const sections = answer.filter(({ rows }) => rows.length > 0)
  for (const [index, section] of sections.entries()) {
    if (index > 0) output.line('')
    if (answer.length > 1) output.line(output.paint('bold', section.name))
    for (const { text, isHead } of sectionLines(section, timeZone, output.columns))
      output.line(isHead ? output.paint('dim', text) : text)
  }
}

function sectionLines({ rows, heads }: Section, timeZone: string, width: number): TextLine[] {
  if (heads !== undefined) return groupedLines(rows, heads, { timeZone, width })
  return rows.length === 1 && columnsOf(rows).length > 8
    ? recordLines(rows[0] ?? {}, timeZone)
    : tableLines(rows, timeZone, width)
}

/** Rows that have the same in some columns, below what that is. */
function groupedLines(
  rows: readonly AnswerRow[],
  heads: readonly string[],
  page: { readonly timeZone: string; readonly width: number },
): TextLine[] {
  const zone = zoneOf(page.timeZone)
  const headOf = (row: AnswerRow): string =>
    heads
      .map((name) => cellText(name, row[name] ?? null, zone))
      .filter(Boolean)
      .join(' · ')
  const isShown = ([name]: readonly [string, Value]): boolean => !heads.includes(name)
  return [...Map.groupBy(rows, headOf)].flatMap(([head, members]) => {
    const rest = members.map((row) => Object.fromEntries(Object.entries(row).filter(isShown)))
    return [{ text: head, isHead: true }, ...tableLines(rest, page.timeZone, page.width)]
  })
}

/** One row with many columns stands upright; what is empty is left out. */
function recordLines(row: AnswerRow, timeZone: string): TextLine[] {
  const cells = Object.entries(row).filter(([, value]) => value !== null && value !== '')
  const width = Math.max(...cells.map(([name]) => name.length))
  const zone = zoneOf(timeZone)
  return cells.map(([name, value]) => ({
    text: `${name.padEnd(width)}  ${cellText(name, value, zone)}`,
    isHead: false,
  }))
}
