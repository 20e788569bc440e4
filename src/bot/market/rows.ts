/**
 * The usable rows of one recorded file, in order of time.
 *
 * A bad line is said once (`file:line: what is wrong`), counted and left out; the rest goes on. Times
 * may jitter backwards by a second: such a row is taken at the time of the row before it. A row further
 * out of line than that is left out, be it the one that jumps ahead or the one that falls back.
 */
import { BadLine } from './cell.ts'
import { knownLayouts, layoutOf, type Layout, type Row } from './layout.ts'
import { linesOf, type Line } from './lines.ts'
import { MarketFileError } from './market-file-error.ts'

/** Told for each line that is left out. */
export type OnBadLine = (problem: {
  readonly file: string
  readonly line: number
  readonly what: string
}) => void

const jitterNs = 1_000_000_000n

interface Placed {
  readonly row: Row
  readonly line: number
}

/** @throws {MarketFileError} for a file that is missing, empty or of no known layout */
export async function* rowsOf(
  path: string,
  onBadLine: OnBadLine,
): AsyncGenerator<Row, void, undefined> {
  const complain = (line: number, what: string): void => onBadLine({ file: path, line, what })
  let passedNs = 0n
  let held: Placed | undefined
  for await (const placed of parsed(path, complain)) {
    if (held && placed.row.timeNs + jitterNs < held.row.timeNs) {
      // One of the two is out of line. If this one fits what came before, the held one jumped ahead.
      if (placed.row.timeNs >= passedNs) {
        complain(
          held.line,
          `time is ${ahead(held.row.timeNs, placed.row.timeNs)} ahead of the next line`,
        )
        held = placed
      } else {
        complain(placed.line, `time goes back by ${ahead(held.row.timeNs, placed.row.timeNs)}`)
      }
      continue
    }
    if (held) {
      yield held.row
      passedNs = held.row.timeNs
    }
    held =
      placed.row.timeNs < passedNs
        ? { ...placed, row: { ...placed.row, timeNs: passedNs } }
        : placed
  }
  if (held) yield held.row
}

/** The layout of a file and its first rows, bad lines passed over in silence. */
export async function headOf(
  path: string,
  count: number,
): Promise<{
  readonly layout: Layout
  readonly symbol: string | undefined
  readonly rows: readonly Row[]
}> {
  const rows: Row[] = []
  let layout: Layout | undefined
  let symbol: string | undefined
  for await (const line of linesOf(path)) {
    if (!layout) {
      layout = knownLayoutOf(path, line)
      if (layout.hasHeader) continue
    }
    symbol ??= layout.symbol(line.cells)
    const row = tryRead(layout, line)
    if (row instanceof BadLine) continue
    if (rows.push(row) >= count) break
  }
  if (!layout) throw new MarketFileError(`${path}: the file holds no line`)
  return { layout, symbol, rows }
}

async function* parsed(
  path: string,
  complain: (line: number, what: string) => void,
): AsyncGenerator<Placed, void, undefined> {
  let layout: Layout | undefined
  for await (const line of linesOf(path)) {
    if (!layout) {
      layout = knownLayoutOf(path, line)
      if (layout.hasHeader) continue
    }
    const row = tryRead(layout, line)
    if (row instanceof BadLine) complain(line.number, row.message)
    else yield { row, line: line.number }
  }
}

function tryRead(layout: Layout, line: Line): Row | BadLine {
  try {
    return layout.read(line.cells)
  } catch (error) {
    if (error instanceof BadLine) return error
    throw error
  }
}

function knownLayoutOf(path: string, line: Line): Layout {
  const layout = layoutOf(line.cells)
  if (layout) return layout
  const seen = line.cells.join(',')
  const shown = seen.length > 120 ? `${seen.slice(0, 120)}…` : seen
  throw new MarketFileError(
    `${path}:${line.number}: unknown columns '${shown}'. Known layouts:\n` +
      knownLayouts.map((known) => `  ${known}`).join('\n'),
  )
}

function ahead(laterNs: bigint, earlierNs: bigint): string {
  return `${Number((laterNs - earlierNs) / 1_000_000n) / 1000} s`
}
