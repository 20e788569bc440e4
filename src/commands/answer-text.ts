/** Answers for people, for programs and for spreadsheets. */
import { shownDecimal } from '../base/decimal.ts'
import { zoneOf } from '../archive/zone.ts'
import type { Answer, AnswerRow, Section, Value } from '../desk/store/questions/answer.ts'
import type { Zone } from '../archive/zone.ts'
import type { Output } from './output.ts'

/** How an answer is written. */
export interface AnswerStyle {
  readonly csv: boolean
  readonly timeZone: string
}

const cellCharsMax = 48

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
  return column === 'payload' && typeof value === 'string' ? JSON.parse(value) : value
}

function isTime(column: string): boolean {
  return column === 'time' || column.endsWith('_at')
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

function columnsOf(rows: readonly AnswerRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))]
}

function tellTables(output: Output, answer: Answer, timeZone: string): void {
  const sections = answer.filter(({ rows }) => rows.length > 0)
  for (const [index, section] of sections.entries()) {
    if (index > 0) output.line('')
    if (answer.length > 1) output.line(output.paint('bold', section.name))
    const lines =
      section.rows.length === 1 && columnsOf(section.rows).length > 8
        ? recordLines(section.rows[0] ?? {}, timeZone)
        : tableLines(section, timeZone, output.columns)
    const [head = '', ...rest] = lines
    output.line(section.rows.length > 1 || rest.length === 1 ? output.paint('dim', head) : head)
    for (const line of rest) output.line(line)
  }
}

/** One row with many columns stands upright; what is empty is left out. */
function recordLines(row: AnswerRow, timeZone: string): string[] {
  const cells = Object.entries(row).filter(([, value]) => value !== null && value !== '')
  const width = Math.max(...cells.map(([name]) => name.length))
  const zone = zoneOf(timeZone)
  return cells.map(([name, value]) => `${name.padEnd(width)}  ${cellText(name, value, zone)}`)
}

/** A table: columns that are empty in all rows are left out, long texts are cut, the last column takes what is left. */
function tableLines({ rows }: Section, timeZone: string, width: number): string[] {
  const zone = zoneOf(timeZone)
  const columns = columnsOf(rows).filter(
    (column) => !tooLong.has(column) && rows.some((row) => (row[column] ?? '') !== ''),
  )
  const table = [
    columns,
    ...rows.map((row) => columns.map((column) => cellText(column, row[column] ?? null, zone))),
  ]
  const widths = columns.map((_, index) =>
    Math.min(cellCharsMax, Math.max(...table.map((cells) => cells[index]?.length ?? 0))),
  )
  const right = columns.map(
    (column) => rows.every((row) => typeof (row[column] ?? 0) === 'number') && !isTime(column),
  )
  return table.map((cells) => {
    const line = cells
      .map((cell, index) => {
        const size = widths[index] ?? 0
        const text = cell.length > size ? `${cell.slice(0, size - 1)}…` : cell
        return right[index] === true ? text.padStart(size) : text.padEnd(size)
      })
      .join('  ')
      .trimEnd()
    return line.length > width ? `${line.slice(0, width - 1)}…` : line
  })
}

/** Texts that only programs read. */
const tooLong: ReadonlySet<string> = new Set(['payload', 'stack', 'key', 'ns'])

function cellText(column: string, value: Value, zone: Zone): string {
  if (value === null) return ''
  if (isTime(column) && typeof value === 'number') return zone.time(BigInt(value) * 1_000_000n)
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000)
  // What a venue sends must not steer the terminal.
  return shownDecimal(value).replaceAll(/\p{Cc}+/gu, ' ')
}
