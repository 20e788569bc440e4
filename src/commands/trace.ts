import { resolve } from 'node:path'
import { Command } from 'commander'
import { nearest } from '../base/nearest.ts'
import * as files from '../archive/flow/find.ts'
import { treeOf } from '../archive/flow/tree.ts'
import { zoneOf } from '../archive/zone.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { StackFlows } from '../stack/flows.ts'
import { flowJson } from './flow/json.ts'
import { flowHead, flowRow } from './flow/head.ts'
import { treeLines } from './flow/text.ts'
import { addOptions, settingsOf } from './options.ts'
import { addStackOptions, fromBrief, stackOf } from './stack/source.ts'
import { damagedText } from './words.ts'
import type { LinkedTraces, Match, OnProgress } from '../archive/flow/find.ts'
import type { TraceTree } from '../archive/flow/tree.ts'
import type { Zone } from '../archive/zone.ts'
import type { Stack } from '../stack/stack.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const treesMax = 3
const rowsMax = 50

const examples = `
The id may be a trace id or its first digits, a correlation id of your own, an order id, client order id, execution id,
position id, task id: whatever the bot recorded. Positions and the flows that opened them are shown together.

Examples:
  $ fillpath trace 4bf92f3577b34da6a3ce929d0e0e4736
  $ fillpath trace sig_abc123                  the id that your detector gave
  $ fillpath trace fp-7f3a-1 --logs            an order, with the log lines in their places
  $ fillpath trace task-17 --all               every event, also checks of indicators and order books
  $ fillpath trace p1 --json | jq .flows[].measures
  $ fillpath trace p1 --from stack             from the servers that "npm run stack" started`

interface TraceOptions {
  readonly from?: string
  readonly logs?: boolean
  readonly all?: boolean
  readonly data?: string
  readonly timeZone?: string
}

/** Where flows are looked for: in the files of a folder, or in the stack. */
interface Source {
  readonly place: string
  find(id: string, onProgress: OnProgress): Promise<Match[]>
  read(traceIds: readonly string[], onProgress: OnProgress): Promise<LinkedTraces>
  /** Ids that may have been meant. */
  known(): Promise<Set<string>>
  /** What to do where there is nothing at all. */
  readonly emptyHint: string
}

/** `fillpath trace <id>`: a flow as a tree. */
export function traceCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('trace')
    .description('show how a signal became orders, a hedge and a position, found by any of its ids')
    .argument('<id>', 'trace, correlation, order, client order, execution, position or task id')
    .option('--logs', 'log lines in their places; without it only warnings and errors')
    .option(
      '--all',
      'also events for detail: indicators, order books, polls; and all of many flows',
    )
    .option('--json', 'everything that is known, as JSON')
    .addHelpText('after', examples)
  addOptions(command, folderSettings, ['data', 'timeZone'])
  addStackOptions(command.option('--from <source>', fromBrief))
  return command.action(async (id: string, options: TraceOptions) => {
    const { data, timeZone } = settingsOf(folderSettings, { ...options })
    const stack = stackOf(output, options.from, { ...options })
    const source = stack === undefined ? ofFiles(resolve(data), output) : ofStack(stack)
    const zone = zoneOf(timeZone)
    const matches = await search(output, source, id.trim())
    const progress = output.progress('reading flows')
    const { asked, linked } = await source.read(
      matches.map(({ traceId }) => traceId),
      (share) => progress.update(share),
    )
    progress.done()
    const flows = asked.map(treeOf).sort(byStart)
    const others = linked.map(treeOf).sort(byStart)
    if (output.json) output.value(flowJson(id, matches, flows, others))
    else if (flows.length > treesMax && options.all !== true) list(output, flows, zone, id)
    else draw(output, [...flows, ...others], zone, options)
    end(0)
  })
}

function ofFiles(folder: string, output: Output): Source {
  return {
    place: folder,
    find: (id, onProgress) =>
      files.findTraces(folder, id, onProgress, (path) => output.note(damagedText(path))),
    read: (ids, onProgress) => files.readTraces(folder, ids, onProgress),
    known: () => files.knownIds(folder),
    emptyHint: 'Start a desk with "fillpath desk", or say where its files are with --data FOLDER.',
  }
}

function ofStack(stack: Stack): Source {
  const flows = new StackFlows(stack)
  return {
    place: stack.place,
    find: (id) => flows.find(id),
    read: (ids, onProgress) => flows.read(ids, onProgress),
    known: () => flows.known(),
    emptyHint:
      'Send a bot there with OTEL_EXPORTER_OTLP_ENDPOINT, and see with "fillpath stack check" whether records arrive.',
  }
}

async function search(output: Output, source: Source, id: string): Promise<Match[]> {
  if (id === '') throw new FillpathError('usage', 'the id is empty')
  const { place } = source
  const progress = output.progress('searching')
  const matches = await source.find(id, (share) => progress.update(share))
  progress.done()
  if (matches.length > 0) return matches
  const known = await source.known()
  if (known.size === 0) {
    throw new FillpathError('not_found', `there is no trace yet in ${place}`, {
      hint: source.emptyHint,
    })
  }
  const near = nearest(id, known, { countMax: 5 })
  throw new FillpathError('not_found', `nothing in ${place} has the id "${id}"`, {
    hint:
      near.length > 0
        ? `Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
        : 'Ids of what happened lately stand in the lines of "fillpath tail".',
  })
}

function draw(
  output: Output,
  trees: readonly TraceTree[],
  zone: Zone,
  { logs = false, all = false }: TraceOptions,
): void {
  const paint = output.paint.bind(output)
  const { columns } = output
  for (const [index, tree] of trees.entries()) {
    if (index > 0) output.line('')
    for (const line of flowHead(tree, { zone, paint, columns })) output.line(line)
    output.line('')
    for (const line of treeLines(tree, { columns, zone, paint, logs, all })) {
      output.line(line)
    }
  }
}

function list(output: Output, flows: readonly TraceTree[], zone: Zone, id: string): void {
  output.line(output.paint('bold', `${flows.length} flows have the id "${id}":`))
  for (const tree of flows.slice(0, rowsMax)) {
    output.line(flowRow(tree, { zone, paint: output.paint.bind(output) }))
  }
  if (flows.length > rowsMax) output.line(`  … and ${flows.length - rowsMax} more`)
  output.note('Read one with "fillpath trace <trace id>", or all with --all.')
}

function byStart(a: TraceTree, b: TraceTree): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1
  return a.traceId < b.traceId ? -1 : 1
}
