/**
 * Tables for people.
 *
 * Columns that are empty in all rows are left out, and a cell is cut at {@link cellCharsMax}, in the last column at the
 * edge of the page. A table that is wider than the page says once, above it, what is equal in every row, and the day when
 * all is of one day; what is still too wide is cut at the right. Programs get all of it with `--json` or `--csv`.
 */
import { shownDecimal } from '../base/decimal.ts'
import { zoneOf } from '../archive/zone.ts'
import type { AnswerRow, Value } from '../desk/store/questions/answer.ts'
import type { Zone } from '../archive/zone.ts'

/** A line of an answer; heads are painted dim. */
export interface TextLine {
  readonly text: string
  readonly isHead: boolean
}

interface Column {
  readonly name: string
  readonly cells: readonly string[]
  readonly isRight: boolean
}

const cellCharsMax = 48
const gap = '  '
/** `2026-01-15 ` of a time with its day. */
const dayChars = 11

/** Texts that only programs read. */
const tooLong: ReadonlySet<string> = new Set(['payload', 'stack', 'key', 'ns'])

/** A table of rows, its head first, for a page of `width` characters. */
export function tableLines(
  rows: readonly AnswerRow[],
  timeZone: string,
  width: number,
): TextLine[] {
  const zone = zoneOf(timeZone)
  const columns = columnsOf(rows)
    .filter((name) => !tooLong.has(name) && rows.some((row) => (row[name] ?? '') !== ''))
    .map((name) => ({
      name,
      cells: rows.map((row) => cellText(name, row[name] ?? null, zone)),
      isRight: rows.every((row) => typeof (row[name] ?? 0) === 'number') && !isTime(name),
    }))
  if (rows.length < 2 || widthOf(columns) <= width) return linesOf(columns, width)
  const { told, rest } = equalCells(sameDay(columns))
  if (rest.length === 0) return linesOf(columns, width)
  return [...tellOnce(told, width), ...linesOf(rest, width)]
}

/** The names of all columns, in the order of the rows. */
export function columnsOf(rows: readonly AnswerRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))]
}

/** Whether a column holds instants. */
export function isTime(column: string): boolean {
  return column === 'time' || column.endsWith('_at')
}

/** A value as people read it. */
export function cellText(column: string, value: Value, zone: Zone): string {
  if (value === null) return ''
  if (isTime(column) && typeof value === 'number') return zone.time(BigInt(value) * 1_000_000n)
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000)
  // What a venue sends must not steer the terminal.
  return shownDecimal(value).replaceAll(/\p{Cc}+/gu, ' ')
}

/** Times without their day, which stands in a column of its own, when all are of one day. */
function sameDay(columns: readonly Column[]): readonly Column[] {
  const times = columns.filter(({ name }) => isTime(name))
  const days = new Set(
    times.flatMap(({ cells }) => cells.filter(Boolean).map((cell) => cell.slice(0, dayChars - 1))),
  )
  const [day] = days
  if (day === undefined || days.size > 1) return columns
  const cut = columns.map((column) =>
    times.includes(column)
      ? { ...column, cells: column.cells.map((cell) => cell.slice(dayChars)) }
      : column,
  )
  return [{ name: '', cells: cut[0]?.cells.map(() => day) ?? [], isRight: false }, ...cut]
}

/** Columns with one value in every row, and the others. */
function equalCells(columns: readonly Column[]): { told: Column[]; rest: Column[] } {
  const told: Column[] = []
  const rest: Column[] = []
  for (const column of columns) {
    const [first] = column.cells
    const isEqual = first !== '' && column.cells.every((cell) => cell === first)
    if (isEqual) told.push(column)
    else rest.push(column)
  }
  return { told, rest }
}

/** In as many lines as it takes: what stands here stands nowhere else. */
function tellOnce(told: readonly Column[], width: number): TextLine[] {
  const lines: string[] = []
  for (const { name, cells } of told) {
    const part = `${name} ${cells[0] ?? ''}`.trim()
    const joined = `${lines.at(-1) ?? ''} · ${part}`
    if (lines.length > 0 && joined.length <= width) lines[lines.length - 1] = joined
    else lines.push(cutTo(part, width))
  }
  return lines.map((text) => ({ text, isHead: true }))
}

function linesOf(columns: readonly Column[], width: number): TextLine[] {
  const widths = columns.map(columnWidth)
  const last = columns.at(-1)
  const spare = width - widthOf(columns)
  // What the page has left is for the end of the line, which a message mostly is.
  if (last !== undefined && spare > 0)
    widths[columns.length - 1] = Math.min(longestOf(last), columnWidth(last) + spare)
  const line = (cellOf: (column: Column) => string): string =>
    columns
      .map((column, index) => {
        const size = widths[index] ?? 0
        const text = cutTo(cellOf(column), size)
        return column.isRight ? text.padStart(size) : text.padEnd(size)
      })
      .join(gap)
      .trimEnd()
  const count = columns[0]?.cells.length ?? 0
  return [
    {
      text: cutTo(
        line(({ name }) => name),
        width,
      ),
      isHead: true,
    },
    ...Array.from({ length: count }, (_, row) => ({
      text: cutTo(
        line(({ cells }) => cells[row] ?? ''),
        width,
      ),
      isHead: false,
    })),
  ]
}

function columnWidth(column: Column): number {
  return Math.min(cellCharsMax, longestOf(column))
}

function longestOf({ name, cells }: Column): number {
  return cells.reduce((most, cell) => Math.max(most, cell.length), name.length)
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce(
    (sum, column) => sum + columnWidth(column),
    gap.length * (columns.length - 1),
  )
}

function cutTo(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
