/**
 * A flow as a tree for people: offset from its start, spans and what happened in them, duration and result.
 *
 *     +0 ms  signal buy BTC/USDT · breakout · decided at 43210.50                        412.5 ms  opened
 *   +0.4 ms  ├─ order binance buy limit 0.010 @ 43210.00                                 230.1 ms  filled @ 43210.00
 *  +41.8 ms  │     · accepted 881 after 41.2 ms
 *
 * Wide terminals get a time line beside the offsets: a bar per span, a dot per event.
 */
import { stripVTControlCharacters } from 'node:util'
import { humanLine, plain } from '../../archive/human.ts'
import { timeOf } from '../../archive/flow/find.ts'
import { severities } from '../../semconv/severity.ts'
import { durationText, millisecondsBetween } from '../time-text.ts'
import { eventTone, eventWords, isDetail } from './event-words.ts'
import { spanResult, spanWords } from './words.ts'
import type { Happening, SpanNode, TraceTree } from '../../archive/flow/tree.ts'
import type { Zone } from '../../archive/zone.ts'
import type { Attributes, LogRecord } from '../../wire/record.ts'
import type { Style } from '../output.ts'
import type { Tone } from './words.ts'

/** How a tree is drawn. */
export interface TextOptions {
  readonly columns: number
  readonly zone: Zone
  readonly paint: (style: Style, text: string) => string
  /** Log lines in their places. Without it only warnings and errors are shown. */
  readonly logs: boolean
  /** Also events for detail: checks of indicators, order books, polls. */
  readonly all: boolean
}

const offsetWidth = 11
const barWidth = 20
const barFromColumns = 110
const durationWidth = 10
const resultWidthMax = 30
const labelWidthMin = 8
const tones: Readonly<Record<Tone, Style>> = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  plain: 'reset',
  dim: 'dim',
}

/** The lines of a tree. */
export function treeLines(tree: TraceTree, options: TextOptions): string[] {
  const drawing = new Drawing(tree, options)
  const loose = entriesOf({ events: tree.events, logs: tree.logs, children: tree.roots }, options)
  for (const entry of loose) drawing.entry(entry, { lead: '', isLast: true, isRoot: true })
  return drawing.lines
}

type Entry =
  | { readonly kind: 'span'; readonly time: bigint; readonly node: SpanNode }
  | { readonly kind: 'event'; readonly time: bigint; readonly event: Happening }
  | { readonly kind: 'log'; readonly time: bigint; readonly log: LogRecord }

/** What stands below a span, in the order of time. */
function entriesOf(
  parts: {
    readonly events: readonly Happening[]
    readonly logs: readonly LogRecord[]
    readonly children: readonly SpanNode[]
  },
  { logs, all }: TextOptions,
): Entry[] {
  const entries: Entry[] = [
    ...parts.events
      .filter(({ name }) => all || !isDetail(name))
      .map((event) => ({ kind: 'event', time: event.time, event }) as const),
    ...parts.logs
      .filter(({ severityNumber }) => logs || severityNumber >= severities.warn)
      .map((log) => ({ kind: 'log', time: timeOf(log), log }) as const),
    ...parts.children.map((node) => ({ kind: 'span', time: node.start, node }) as const),
  ]
  return entries.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

interface Place {
  /** The branches that run past the line on its left. */
  readonly lead: string
  readonly isLast: boolean
  readonly isRoot: boolean
  /** The span that the line is in. */
  readonly node?: SpanNode
}

class Drawing {
  readonly lines: string[] = []
  readonly #tree: TraceTree
  readonly #options: TextOptions
  /** End of the time line: of the trace, or while it is open the last that is known. */
  readonly #end: bigint
  readonly #hasBars: boolean
  /** Results stand below each other, in a column as wide as the longest one. */
  readonly #resultWidth: number

  constructor(tree: TraceTree, options: TextOptions) {
    this.#tree = tree
    this.#options = options
    this.#end = tree.end ?? lastKnown(tree)
    this.#hasBars = options.columns >= barFromColumns && this.#end > tree.start
    const results = allSpans(tree.roots).map((node) => spanResult(node).text.length)
    const roomForResults = Math.min(resultWidthMax, Math.floor(options.columns * 0.3))
    this.#resultWidth = Math.min(roomForResults, Math.max(0, ...results))
  }

  entry(entry: Entry, place: Place): void {
    switch (entry.kind) {
      case 'span':
        return this.#span(entry.node, place)
      case 'event':
        return this.#event(entry.event, place)
      case 'log':
        return this.#log(entry.log, place)
    }
  }

  #span(node: SpanNode, place: Place): void {
    const { paint } = this.#options
    const { text, tone } = spanResult(node)
    const name = plain(node.name || 'span')
    const duration =
      node.end === undefined ? '' : durationText(millisecondsBetween(node.start, node.end))
    const result = fit(plain(text), this.#resultWidth)
    this.#row({
      time: node.start,
      branch: place.isRoot ? '' : `${place.lead}${place.isLast ? '└─ ' : '├─ '}`,
      label: `${name} ${plain(spanWords(node))}`,
      boldChars: name.length,
      bar: this.#bar(node.start, node.end ?? this.#end, '━'),
      right: `${duration.padStart(durationWidth)}  ${paint(tones[tone], result)}${' '.repeat(this.#resultWidth - result.length)}`,
      tone: 'plain',
    })
    const lead = place.isRoot ? '' : `${place.lead}${place.isLast ? '   ' : '│  '}`
    const entries = entriesOf(node, this.#options)
    const lastSpan = entries.findLastIndex(({ kind }) => kind === 'span')
    for (const [index, entry] of entries.entries()) {
      this.entry(entry, { lead, isLast: index >= lastSpan, isRoot: false, node })
    }
  }

  #event(event: Happening, place: Place): void {
    this.#row({
      time: event.time,
      branch: branchBeside(place),
      label: `· ${plain(eventWords(event, place.node))}`,
      bar: this.#bar(event.time, event.time, '•'),
      right: '',
      tone: eventTone(event.name),
    })
  }

  #log(log: LogRecord, place: Place): void {
    const { zone } = this.#options
    const time = timeOf(log)
    const attributes = newsOf(log.attributes, [place.node, ...this.#tree.roots])
    const line = humanLine({ ...log, attributes, traceId: '' }, { zone, valueCharsMax: 60 })
    this.#row({
      time,
      branch: branchBeside(place),
      // The offset stands before it already.
      label: line.slice(zone.time(time).length + 1),
      bar: this.#bar(time, time, '•'),
      right: '',
      tone: logTone(log),
    })
  }

  #row(row: {
    readonly time: bigint
    readonly branch: string
    /** Without styles: it may have to be cut. */
    readonly label: string
    readonly boldChars?: number
    readonly bar: string
    readonly right: string
    readonly tone: Tone
  }): void {
    const { columns, paint } = this.#options
    const offset = `+${durationText(millisecondsBetween(this.#tree.start, row.time))}`
    const left = `${paint('dim', offset.padStart(offsetWidth))}  ${row.bar}${paint('dim', row.branch)}`
    const rightWidth = row.right === '' ? 0 : durationWidth + 3 + this.#resultWidth
    const barsWidth = this.#hasBars ? barWidth + 2 : 0
    const room = columns - offsetWidth - 2 - barsWidth - row.branch.length - rightWidth
    const label = fit(row.label, Math.max(labelWidthMin, room))
    const toned = (text: string): string =>
      row.tone === 'plain' ? text : paint(tones[row.tone], text)
    const bold = label.slice(0, row.boldChars ?? 0)
    const rest = label.slice(bold.length)
    const painted = (bold === '' ? '' : paint('bold', bold)) + toned(rest)
    const gap = ' '.repeat(Math.max(0, room - label.length))
    this.lines.push(`${left}${painted}${gap} ${row.right}`.trimEnd())
  }

  #bar(start: bigint, end: bigint, mark: '━' | '•'): string {
    if (!this.#hasBars) return ''
    const total = Number(this.#end - this.#tree.start)
    const cell = (time: bigint): number => {
      const at = Math.floor((Number(time - this.#tree.start) / total) * barWidth)
      return Math.min(barWidth - 1, Math.max(0, at))
    }
    const from = cell(start)
    const length = cell(end) - from + 1
    const bar = `${' '.repeat(from)}${mark.repeat(length)}`.padEnd(barWidth)
    return `${this.#options.paint(mark === '━' ? 'cyan' : 'dim', bar)}  `
  }
}

/** What runs past an event or a log line on its left. Outside of every span it begins where the spans begin. */
function branchBeside({ lead, isLast, isRoot }: Place): string {
  if (isRoot) return ''
  return `${lead}${isLast ? '   ' : '│  '}`
}

/** Attributes that none of `nodes` has with the same value. */
function newsOf(attributes: Attributes, nodes: readonly (SpanNode | undefined)[]): Attributes {
  const news = Array.from(attributes).filter(
    ([key, value]) => !nodes.some((node) => node?.attributes.get(key) === value),
  )
  return new Map(news)
}

function logTone(log: LogRecord): Tone {
  if (log.severityNumber >= severities.error) return 'bad'
  return log.severityNumber >= severities.warn ? 'warning' : 'plain'
}

function allSpans(nodes: readonly SpanNode[]): SpanNode[] {
  return nodes.flatMap((node) => [node, ...allSpans(node.children)])
}

function lastKnown(tree: TraceTree): bigint {
  let last = tree.start
  for (const { start, end, events } of allSpans(tree.roots)) {
    for (const time of [start, end ?? start, ...events.map((event) => event.time)]) {
      if (time > last) last = time
    }
  }
  return last
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

/** `text`, which has no styles, in at most `width` columns; what has to go, goes at its end. */
function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** Texts with a dot between them, for the head of a flow. */
export function dotted(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ')
}

/** The same on as many lines as it takes. */
export function dottedLines(parts: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const longer = last === undefined ? part : dotted(last, part)
    if (last !== undefined && widthOf(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(part)
  }
  return lines
}
