import { severityOfLevel } from '../log/levels.ts'
import { archiveSettings } from '../../wire/archive-settings.ts'
import { spoolFolderDefault } from '../../wire/paths.ts'
import type { Settings } from '../../wire/settings.ts'

const levels = [...Object.keys(severityOfLevel), 'off']
const limit = (brief: string, ...variables: string[]) =>
  ({ kind: 'integer', min: 1, variables, brief }) as const

/** The settings of `start` that are one value each. Where several variables stand, the first one set wins. */
export const settingTable = {
  serviceName: {
    kind: 'string',
    variables: ['OTEL_SERVICE_NAME'],
    brief: "Name of the bot's service.",
  },
  botId: {
    kind: 'string',
    variables: ['FILLPATH_BOT_ID'],
    brief: 'Which bot this is, among several of one service. By default the name of the service.',
  },
  runId: {
    kind: 'string',
    variables: ['FILLPATH_RUN_ID'],
    brief: 'This life of the process. By default a new id.',
  },
  codeCommit: {
    kind: 'string',
    variables: ['FILLPATH_CODE_COMMIT'],
    brief: "Commit of the bot's code. By default what .git of the working folder says.",
  },
  mode: {
    kind: 'choice',
    values: ['live', 'paper', 'backtest', 'replay'],
    variables: ['FILLPATH_MODE'],
    brief: 'Whether money is at stake.',
  },
  sendLevel: {
    kind: 'choice',
    values: levels,
    default: 'trace',
    variables: ['FILLPATH_SEND_LEVEL'],
    brief: 'Lowest level that is sent to the receiver.',
  },
  metricIntervalMs: {
    kind: 'duration',
    min: 1,
    max: 2 ** 31 - 1,
    default: 15_000,
    variables: ['OTEL_METRIC_EXPORT_INTERVAL'],
    brief: 'Time between two exports of the metrics.',
  },
  metricTimeoutMs: {
    kind: 'duration',
    min: 1,
    max: 2 ** 31 - 1,
    default: 30_000,
    variables: ['OTEL_METRIC_EXPORT_TIMEOUT'],
    brief: 'Longest time that one export of the metrics takes; at most the interval.',
  },
  shutdownTimeoutMs: {
    kind: 'duration',
    min: 1,
    max: 2 ** 31 - 1,
    default: 5000,
    variables: ['FILLPATH_SHUTDOWN_TIMEOUT'],
    brief: 'Longest time that shutdown takes.',
  },
  exitHooks: {
    kind: 'boolean',
    default: true,
    brief: 'Whether everything is flushed when the process is told to end, or crashes.',
  },
  disabled: {
    kind: 'boolean',
    default: false,
    variables: ['OTEL_SDK_DISABLED'],
    brief: 'Sends nothing; logger and console go on.',
  },
  diagLevel: {
    kind: 'choice',
    values: ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'],
    default: 'info',
    variables: ['OTEL_LOG_LEVEL'],
    brief: 'How much the OpenTelemetry SDK says about itself.',
  },
  sampler: {
    kind: 'choice',
    values: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    default: 'parentbased_always_on',
    variables: ['OTEL_TRACES_SAMPLER'],
    brief: 'Which traces are kept. By default all: a flow that was not kept cannot be looked at.',
  },
  samplerRatio: {
    kind: 'string',
    pattern: /^(?:0|1|0?\.\d+|1\.0+|0\.\d*)$/,
    allowed: 'a number from 0 to 1',
    default: '1',
    variables: ['OTEL_TRACES_SAMPLER_ARG'],
    brief: 'Share of the traces that a ratio sampler keeps.',
  },
  logAttributeCountMax: limit(
    'Attributes of a log record.',
    'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_ATTRIBUTE_COUNT_LIMIT',
  ),
  logAttributeLengthMax: limit(
    'Characters of an attribute of a log record.',
    'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ),
  spanAttributeCountMax: limit(
    'Attributes of a span.',
    'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_ATTRIBUTE_COUNT_LIMIT',
  ),
  spanAttributeLengthMax: limit(
    'Characters of an attribute of a span.',
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ),
  spanEventCountMax: limit('Events of a span.', 'OTEL_SPAN_EVENT_COUNT_LIMIT'),
  spanLinkCountMax: limit('Links of a span.', 'OTEL_SPAN_LINK_COUNT_LIMIT'),
  eventAttributeCountMax: limit(
    'Attributes of an event of a span.',
    'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  ),
  linkAttributeCountMax: limit(
    'Attributes of a link of a span.',
    'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  ),
} as const satisfies Settings

/** The settings of the spool, below the option `spool`. */
export const spoolTable = {
  enabled: {
    kind: 'boolean',
    default: true,
    variables: ['FILLPATH_SPOOL'],
    brief: 'Whether records go to disk before they are sent. Without it an outage loses them.',
  },
  folder: {
    kind: 'string',
    default: spoolFolderDefault,
    variables: ['FILLPATH_SPOOL_FOLDER'],
    brief: 'Folder of the spool. Several bots may share it.',
  },
  quotaBytes: {
    kind: 'size',
    min: 1024 * 1024,
    default: 2 * 1024 ** 3,
    variables: ['FILLPATH_SPOOL_QUOTA'],
    brief: 'Bytes on disk of one bot. At the limit the oldest snapshots go first.',
  },
  syncIntervalMs: {
    kind: 'duration',
    min: 1,
    max: 60_000,
    default: 100,
    variables: ['FILLPATH_SPOOL_SYNC_INTERVAL'],
    brief: 'How long a record may be in the page cache only: what a power failure can cost.',
  },
} as const satisfies Settings

/** The settings of the bot's own files, below the option `files`. */
export const filesTable = {
  folder: {
    kind: 'string',
    variables: ['FILLPATH_FILES'],
    brief: 'Folder of files that the bot writes itself, as a desk would. Of this bot alone.',
  },
  ...archiveSettings,
} as const satisfies Settings

/** The settings of the console, below the option `console`. */
export const consoleTable = {
  level: {
    kind: 'choice',
    values: levels,
    default: 'info',
    variables: ['FILLPATH_CONSOLE_LEVEL', 'LOG_LEVEL'],
    brief: 'Lowest level that is printed.',
  },
  format: {
    kind: 'choice',
    values: ['human', 'json'],
    default: 'human',
    variables: ['FILLPATH_CONSOLE_FORMAT'],
    brief: 'Lines for people, or one JSON object each.',
  },
  stderrLevel: {
    kind: 'choice',
    values: levels,
    default: 'off',
    variables: ['FILLPATH_CONSOLE_STDERR_LEVEL'],
    brief: 'Lowest level that is printed on stderr instead of stdout.',
  },
  colour: {
    kind: 'boolean',
    brief:
      'Whether lines for people have colour. By default on a terminal, unless NO_COLOR is set.',
  },
} as const satisfies Settings

/** The settings of lines that repeat, below the option `repeats`. */
export const repeatTable = {
  max: {
    kind: 'integer',
    min: 0,
    default: 100,
    variables: ['FILLPATH_REPEAT_MAX'],
    brief:
      'How often the same line is written in a window before it is only counted; 0 for always.',
  },
  windowMs: {
    kind: 'duration',
    min: 100,
    max: 2 ** 31 - 1,
    default: 60_000,
    variables: ['FILLPATH_REPEAT_WINDOW'],
    brief: 'Length of that window.',
  },
  sinks: {
    kind: 'choice',
    values: ['console', 'all'],
    default: 'console',
    variables: ['FILLPATH_REPEAT_SINKS'],
    brief: 'Who is spared repeated lines: the console alone, or files and the receiver too.',
  },
} as const satisfies Settings

/** The settings of the log file, below the option `file`. */
export const fileTable = {
  path: {
    kind: 'string',
    variables: ['FILLPATH_LOG_FILE'],
    brief: "A log file of the bot's own; it is appended to.",
  },
  level: {
    kind: 'choice',
    values: levels,
    default: 'debug',
    variables: ['FILLPATH_LOG_FILE_LEVEL'],
    brief: 'Lowest level that is written to it.',
  },
  format: {
    kind: 'choice',
    values: ['human', 'json'],
    default: 'json',
    variables: ['FILLPATH_LOG_FILE_FORMAT'],
    brief: 'Lines for people, or one JSON object each.',
  },
} as const satisfies Settings
