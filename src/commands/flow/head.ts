import { durationText, millisecondsBetween } from '../time-text.ts'
import { findValue } from './attribute.ts'
import { measuresOf } from './measures.ts'
import { dotted, dottedLines } from './text.ts'
import { outcomeTone, spanResult } from './words.ts'
import { shortValue } from '../../archive/human.ts'
import type { SpanNode, TraceTree } from '../../archive/flow/tree.ts'
import type { Zone } from '../../archive/zone.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import type { Style } from '../output.ts'
import type { Result, Tone } from './words.ts'

/** How a head is drawn. */
export interface HeadOptions {
  readonly columns: number
  readonly zone: Zone
  readonly paint: (style: Style, text: string) => string
}

const badges: Readonly<Record<Tone, Style>> = {
  good: ['bold', 'green'],
  bad: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  plain: 'bold',
  dim: 'bold',
}

/** What a trace is, what came of it and what it measures: the lines above its tree. */
export function flowHead(tree: TraceTree, { zone, paint, columns }: HeadOptions): string[] {
  const root = tree.roots[0]
  const outcome = outcomeOf(tree)
  const kind = root?.name === 'position' ? 'position' : root?.name === 'signal' ? 'flow' : 'trace'
  const lasted =
    tree.end === undefined ? '' : durationText(millisecondsBetween(tree.start, tree.end))
  const lines = [
    dotted(
      `${paint('bold', kind)} ${paint('bold', tree.traceId)}`,
      outcome.text === '' ? '' : paint(badges[outcome.tone], outcome.text),
      lasted,
    ),
  ]
  const about = [`${zone.time(tree.start)} ${zone.name}`, ...aboutOf(root)]
  for (const line of dottedLines(about, columns - 2)) lines.push(`  ${line}`)
  const measures = root === undefined ? [] : measuresOf(root)
  const told = measures.map(({ name, text }) => `${paint('dim', name)} ${text}`)
  for (const line of dottedLines(told, columns - 2)) lines.push(`  ${line}`)
  return lines
}

/** A trace as one line of a list. */
export function flowRow(tree: TraceTree, { zone, paint }: Omit<HeadOptions, 'columns'>): string {
  const outcome = outcomeOf(tree)
  const lasted =
    tree.end === undefined ? 'open' : durationText(millisecondsBetween(tree.start, tree.end))
  const about = aboutOf(tree.roots[0]).join(' ')
  return `  ${tree.traceId}  ${zone.time(tree.start)}  ${lasted.padStart(11)}  ${paint(badges[outcome.tone], outcome.text.padEnd(11))}  ${about}`
}

/** What came of a trace. */
export function outcomeOf(tree: TraceTree): Result {
  const root = tree.roots[0]
  if (root === undefined) return { text: '', tone: 'plain' }
  const outcome = findValue(root, 'trading.flow.outcome')
  if (root.state === 'interrupted') return { text: 'interrupted', tone: 'bad' }
  if (root.name === 'signal' && typeof outcome === 'string') {
    return { text: outcome, tone: outcomeTone(outcome) }
  }
  return spanResult(root)
}

function aboutOf(root: SpanNode | undefined): string[] {
  if (root === undefined) return []
  const attribute = (name: AttributeName): string => {
    const value = findValue(root, name)
    return value === undefined ? '' : shortValue(value)
  }
  const resource = root.resource?.attributes
  const bot = resource?.get('trading.bot.id') ?? resource?.get('service.name')
  const correlationId = attribute('trading.correlation_id')
  return [
    attribute('trading.symbol'),
    attribute('trading.strategy'),
    bot === undefined ? '' : shortValue(bot),
    attribute('trading.mode'),
    correlationId === '' ? '' : `correlation id ${correlationId}`,
  ].filter((text) => text !== '')
}
