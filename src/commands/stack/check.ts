import { Command } from 'commander'
import { didYouMean } from '../../base/nearest.ts'
import { FillpathError } from '../../semconv/error.ts'
import { checkStack, isFine } from '../../stack/check/check.ts'
import { publishedUrl, serverAt, stackSettings } from '../../stack/servers.ts'
import { addOptions, settingsOf } from '../options.ts'
import { durationText } from '../time-text.ts'
import type { Checked, CheckResult } from '../../stack/check/check.ts'
import type { Server, ServerName } from '../../stack/servers.ts'
import type { Settings } from '../../wire/settings.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'

const examples = `
Asks each server whether it is ready, then sends a span, a line and a sample through the Collector and waits for them in
Tempo, Loki and Prometheus. They are of the service fillpath-check and of no bot. Nothing else is written.

Exit codes: 0 all is well, 1 a server is broken (it says which, and what to do), 2 called wrongly.

Examples:
  $ fillpath stack check                                the servers of docker-compose.yml
  $ fillpath stack check --skip tempo,grafana           without those
  $ fillpath stack check --loki http://loki.lan:3100 --timeout 2m
  $ fillpath stack check --json | jq '.servers[] | {name, arrivedMs}'`

const names = ['collector', 'loki', 'tempo', 'prometheus', 'grafana'] as const

const url = 'url' as const
const { loki, tempo, prometheus, tenant } = stackSettings
const checkSettings = {
  collector: {
    kind: url,
    brief: 'Address of the Collector, for OTLP over HTTP.',
    variables: ['FILLPATH_COLLECTOR_URL'],
  },
  loki: { ...loki, brief: 'Address of Loki.' },
  tempo: { ...tempo, brief: 'Address of Tempo.' },
  prometheus: { ...prometheus, brief: 'Address of Prometheus.' },
  grafana: { kind: url, brief: 'Address of Grafana.', variables: ['FILLPATH_GRAFANA_URL'] },
  tenant,
  skip: { kind: 'string', brief: 'Servers that are left out, with commas.' },
  timeout: {
    kind: 'duration',
    min: 1_000,
    brief: 'How long the probe is waited for.',
    default: 30_000,
  },
} as const satisfies Settings

/** `fillpath stack check`: does the stack work, and if not, which server and what to do. */
export function checkCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('check')
    .description('ask each server, and send a probe through all of them')
    .option('--json', 'everything that is known, as JSON')
    .addHelpText('after', examples)
  addOptions(command, checkSettings, [...names, 'skip', 'timeout', 'tenant'])
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    const settings = settingsOf(checkSettings, options)
    const skipped = skippedOf(settings.skip)
    const server = (name: (typeof names)[number]): Server | undefined => {
      if (skipped.has(name)) return undefined
      const shownAs: ServerName = name === 'collector' ? 'otel-collector' : name
      return serverAt(shownAs, settings[name] ?? publishedUrl(name), settings.tenant)
    }
    const checked: Checked = {
      collector: server('collector'),
      loki: server('loki'),
      tempo: server('tempo'),
      prometheus: server('prometheus'),
      grafana: server('grafana'),
    }
    const results = await checkStack(checked, { timeoutMs: settings.timeout })
    if (output.json) output.value(jsonOf(results))
    else draw(output, results)
    end(isFine(results) ? 0 : 1)
  })
}

function skippedOf(text = ''): Set<string> {
  const skipped = new Set(text.split(',').flatMap((name) => name.trim() || []))
  for (const name of skipped) {
    if ((names as readonly string[]).includes(name)) continue
    throw new FillpathError('usage', `--skip names "${name}", which is no server of the stack`, {
      hint: `They are ${names.join(', ')}.${didYouMean(name, names)}`,
    })
  }
  if (names.every((name) => skipped.has(name))) {
    throw new FillpathError('usage', '--skip leaves no server to check')
  }
  return skipped
}

function draw(output: Output, results: readonly CheckResult[]): void {
  for (const result of results) {
    const { server, problem, hint, version } = result
    const isGood = problem === ''
    const mark = output.paint(isGood ? 'green' : 'red', isGood ? '✓' : '✗')
    const name = output.paint('bold', server.name.padEnd(14))
    output.line(
      `${mark} ${name}  ${isGood ? [version, deliveryText(result)].filter(Boolean).join('  ') : problem}`,
    )
    if (!isGood) output.line(`    ${hint}`)
  }
  const bad = results.filter(({ problem }) => problem !== '')
  output.line('')
  output.line(
    bad.length === 0
      ? output.paint('green', 'all is well')
      : `${output.paint('red', `${bad.length} of ${results.length} broken`)}: ${bad.map(({ server }) => server.name).join(', ')}`,
  )
}

const parts = { traces: 'span', logs: 'line', metrics: 'sample', all: 'span, line and sample' }

function deliveryText({ signal, arrivedMs }: CheckResult): string {
  if (signal === undefined) return 'ready'
  if (arrivedMs === undefined) return 'ready; no probe could be sent to it'
  const verb = signal === 'all' ? 'took' : 'has'
  return `${verb} the ${parts[signal]} after ${durationText(arrivedMs)}`
}

function jsonOf(results: readonly CheckResult[]): object {
  return {
    ok: isFine(results),
    servers: results.map(({ server, ready, version, signal, arrivedMs, problem, hint }) => ({
      name: server.name,
      url: server.url,
      ok: problem === '',
      ready,
      version: version === '' ? null : version,
      signal: signal ?? null,
      arrivedMs: arrivedMs === undefined ? null : Math.round(arrivedMs),
      problem: problem === '' ? null : problem,
      hint: problem === '' ? null : hint,
    })),
  }
}
