/** docs/settings.md: every option and variable, from the tables that they are read by. `npm run settings` writes it. */
import { deskSettings } from '../../../src/desk/settings.ts'
import {
  consoleTable,
  fileTable,
  filesTable,
  repeatTable,
  settingTable,
  spoolTable,
} from '../../../src/probe/telemetry/setting-table.ts'
import { Core } from '../../../src/probe/flow/core.ts'
import type { Settings as FlowsSettings } from '../../../src/probe/flow/core.ts'
import type { StartOptions } from '../../../src/index.ts'
import { stackSettings } from '../../../src/stack/servers.ts'
import { durationText } from '../../../src/wire/setting-kinds.ts'
import { settingRows } from '../../../src/wire/settings.ts'
import type { Settings } from '../../../src/wire/settings.ts'

const intro = `# Settings

An option wins over its variable, a variable over the default; an empty variable counts as not set. A value that is not
allowed is refused at the start with its name, the value and what is allowed. A variable that is nearly one of these is
named at the start. The page is made from the tables that the settings are read by: \`npm run settings\`.

Times are milliseconds or have a unit (\`1500\`, \`30s\`, \`1h30m\`, \`2d\`), sizes are bytes or have one (\`65536\`, \`16MiB\`,
\`2GB\`). Levels are \`trace\`, \`debug\`, \`info\`, \`warn\`, \`error\`, \`fatal\`, \`off\`, and the words of winston and syslog.
`

const receivers = `## Where a bot sends to

The option \`destination\` is a URL, \`{ url, headers, … }\`, or several of them, each of which gets everything. Without it the
variables of OpenTelemetry say it, by default \`http://127.0.0.1:4318\`: \`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`_HEADERS\`,
\`_TIMEOUT\`, \`_COMPRESSION\`, \`_CERTIFICATE\`, \`_CLIENT_CERTIFICATE\`, \`_CLIENT_KEY\`, \`_INSECURE\`, each also for one signal
(\`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\`). \`OTEL_LOGS_EXPORTER\`, \`OTEL_TRACES_EXPORTER\` and \`OTEL_METRICS_EXPORTER\` are
\`otlp\`, \`console\` or \`none\`. A bot sends over HTTP; \`OTEL_EXPORTER_OTLP_PROTOCOL=grpc\` is refused: a Collector beside it
speaks gRPC. \`OTEL_RESOURCE_ATTRIBUTES\` stand on every record.
`

/** What each limit of flows is for; the compiler holds the names. */
const flowsBriefs: Readonly<Record<keyof FlowsSettings, string>> = {
  flowAgeMaxMs: 'Age after which a flow that nobody ended is ended as `abandoned`; 0 never.',
  hedgeDelayLimitMs: 'Latency above which a hedge is told as delayed.',
  foreignGraceMs:
    'How long an update for an unknown order waits for an order in flight to get its id.',
  endedKeepMs: 'How long an order that has ended is still found, for late fills.',
  endedKeepMax: 'Ended orders that are kept at most.',
  liquidationDistanceMin:
    'Distance to the liquidation price, as a ratio, below which it is told as near.',
  markIntervalMs: 'Least time between two marks of one position that are told.',
}

function others(): string {
  const rows = Object.entries(new Core({}).settings).map(([name, value]) => {
    const standard = name.endsWith('Ms') ? durationText(value) : String(value)
    return `| \`flows.${name}\` | \`${standard}\` | ${flowsBriefs[name as keyof FlowsSettings]} |`
  })
  return `## Options without a variable

\`config\` is [the configuration of the run](bot.md#which-run-was-it), \`redact\` says [what else is secret](bot.md#secrets),
\`resourceAttributes\` stand on every record, \`flows.attributes\` on all that belongs to a flow.

| option | default | what it is |
|---|---|---|
${rows.join('\n')}
`
}

const dashed = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** What of the first table is an option of `start` too; the rest is for the environment, as OpenTelemetry has it. */
const startOptions: ReadonlySet<string> = new Set<keyof StartOptions>([
  'serviceName',
  'botId',
  'runId',
  'codeCommit',
  'mode',
  'sendLevel',
  'metricIntervalMs',
  'shutdownTimeoutMs',
  'exitHooks',
  'disabled',
])

const parts: readonly {
  readonly title: string
  readonly table: Settings
  /** `undefined` where there is only the variable. */
  readonly optionName: (name: string) => string | undefined
}[] = [
  {
    title: 'A bot: `start({ … })`',
    table: settingTable,
    optionName: (name) => (startOptions.has(name) ? name : undefined),
  },
  {
    title: 'Its spool',
    table: spoolTable,
    optionName: (name) => (name === 'enabled' ? 'spool: false' : `spool.${name}`),
  },
  {
    title: 'Files that it writes itself',
    table: filesTable,
    optionName: (name) => `files.${name}`,
  },
  { title: 'Its console', table: consoleTable, optionName: (name) => `console.${name}` },
  { title: 'Lines that repeat', table: repeatTable, optionName: (name) => `repeats.${name}` },
  { title: 'A log file of its own', table: fileTable, optionName: (name) => `file.${name}` },
  {
    title: 'The desk, and the commands that read its files',
    table: deskSettings,
    optionName: dashed,
  },
  { title: 'Commands that ask the stack', table: stackSettings, optionName: dashed },
]

// What a head of the page says already would fill every row; the longest timer is no limit that anyone meets.
function allowedText(allowed: string): string {
  return allowed
    .replace(/^a time in milliseconds.*2d(?=,|$)/, 'a time')
    .replace(/^a number of bytes.*2GB(?=,|$)/, 'a size')
    .replace(/^one of emerg, .*$/, 'a level')
    .replace('a text that is not empty', 'a text')
    .replace(/, from (\S+) to 24d20h31m23s647ms$/, ', at least $1')
}

function partText({ title, table, optionName }: (typeof parts)[number]): string {
  const rows = settingRows(table).map(({ name, variables, allowed, default: standard, brief }) => {
    // A secret comes from the environment alone: a command line can be read by every user of the machine.
    const option = table[name]?.secret === true ? undefined : optionName(name)
    const cells = [
      option === undefined ? '' : `\`${option}\``,
      variables.map((each) => `\`${each}\``).join(', '),
      standard === '' ? '' : `\`${standard}\``,
      allowedText(allowed),
      brief,
    ]
    return `| ${cells.map((text) => (text === '' ? '–' : text.replaceAll('|', '\\|'))).join(' | ')} |`
  })
  const head = '| option | variable | default | allowed | what it is |\n|---|---|---|---|---|'
  return `## ${title}\n\n${head}\n${rows.join('\n')}\n`
}

/** The page. */
export function settingsPage(): string {
  const [bot = '', ...rest] = parts.map(partText)
  return [intro, bot, others(), receivers, ...rest].join('\n')
}
