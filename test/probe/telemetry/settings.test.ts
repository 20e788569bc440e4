import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { deskSettings } from '../../../src/desk/settings.ts'
import { misspelt, settingsOf } from '../../../src/probe/telemetry/settings.ts'
import { stackSettings } from '../../../src/stack/servers.ts'
import type { StartOptions } from '../../../src/probe/telemetry/settings.ts'

const read = (options: StartOptions = {}, env: Record<string, string> = {}) =>
  settingsOf(options, env)

describe('settings', () => {
  test('defaults need no variable', () => {
    const settings = read()
    expect(settings).toMatchObject({
      serviceName: 'trading-bot',
      sampler: 'parentbased_always_on',
      metricIntervalMs: 15_000,
      metricTimeoutMs: 15_000,
      shutdownTimeoutMs: 5000,
      exitHooks: true,
      disabled: false,
      console: { level: 'info', format: 'human' },
      file: undefined,
      exporters: { log: ['otlp'], span: ['otlp'], metric: ['otlp'] },
    })
    expect(settings.destination.endpoints.log?.url).toBe('http://127.0.0.1:4318/v1/logs')
    expect(settings.runId).not.toBe(read().runId)
  })

  test('variables of OpenTelemetry are honoured', () => {
    const settings = read(
      {},
      {
        OTEL_SERVICE_NAME: 'hedge-bot',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example:4318/base',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-scope=7',
        OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs.example/in',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_METRIC_EXPORT_INTERVAL: '1000',
        OTEL_SDK_DISABLED: 'true',
        OTEL_LOG_LEVEL: 'DEBUG',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_TRACES_EXPORTER: 'otlp,console',
        OTEL_ATTRIBUTE_COUNT_LIMIT: '50',
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '60',
        OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100',
      },
    )
    expect(settings).toMatchObject({
      serviceName: 'hedge-bot',
      sampler: 'traceidratio',
      samplerRatio: '0.25',
      metricIntervalMs: 1000,
      metricTimeoutMs: 1000,
      disabled: true,
      diagLevel: 'debug',
      exporters: { log: ['otlp'], span: ['otlp', 'console'], metric: [] },
      logAttributeCountMax: 50,
      spanAttributeCountMax: 60,
      logAttributeLengthMax: 100,
    })
    expect(settings.destination.endpoints.span).toMatchObject({
      url: 'https://otlp.example:4318/base/v1/traces',
      headers: { authorization: 'Bearer abc', 'x-scope': '7' },
      timeoutMs: 2500,
      compression: 'gzip',
    })
    expect(settings.destination.endpoints.log?.url).toBe('http://logs.example/in')
  })

  test('options win over variables', () => {
    const env = {
      OTEL_SERVICE_NAME: 'from-env',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://from-env:4318',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      LOG_LEVEL: 'error',
      OTEL_SDK_DISABLED: 'true',
    }
    const settings = read(
      {
        serviceName: 'from-option',
        destination: 'http://127.0.0.1:9',
        metricIntervalMs: 2000,
        console: { level: 'debug' },
        disabled: false,
      },
      env,
    )
    expect(settings).toMatchObject({
      serviceName: 'from-option',
      metricIntervalMs: 2000,
      console: { level: 'debug' },
      disabled: false,
    })
    expect(settings.destination.name).toBe('http://127.0.0.1:9')
    expect(read({}, env).console).toMatchObject({ level: 'error' })
  })

  test('the service name may stand in the resource attributes', () => {
    expect(read({}, { OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.name=bot%20one' }).serviceName).toBe(
      'bot one',
    )
    expect(
      read({}, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', OTEL_SERVICE_NAME: 'b' }).serviceName,
    ).toBe('b')
  })

  test.each<[string, StartOptions, Record<string, string>, RegExp]>([
    [
      'a sampler',
      {},
      { OTEL_TRACES_SAMPLER: 'always' },
      /OTEL_TRACES_SAMPLER is "always"; allowed is one of/,
    ],
    [
      'a ratio',
      {},
      { OTEL_TRACES_SAMPLER_ARG: '1.5' },
      /OTEL_TRACES_SAMPLER_ARG is "1\.5".*from 0 to 1/,
    ],
    [
      'an interval',
      {},
      { OTEL_METRIC_EXPORT_INTERVAL: '-1' },
      /OTEL_METRIC_EXPORT_INTERVAL is "-1"/,
    ],
    [
      'an exporter',
      {},
      { OTEL_LOGS_EXPORTER: 'zipkin' },
      /OTEL_LOGS_EXPORTER is "zipkin"; allowed are otlp, console, none/,
    ],
    ['an endpoint', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, /localhost:4318/],
    [
      'a level',
      { console: { level: 'warm' as never } },
      {},
      /console\.level is "warm".*Did you mean "warn"/,
    ],
    [
      'a mode',
      { mode: 'demo' as never },
      {},
      /option mode is "demo"; allowed is one of live, paper/,
    ],
    [
      'an option',
      { serviceNmae: 'x' } as StartOptions,
      {},
      /serviceNmae is not known.*Did you mean "serviceName"/,
    ],
    ['a console option', { console: { colr: true } as never }, {}, /console\.colr is not known/],
    ['a timeout', { shutdownTimeoutMs: 0 }, {}, /shutdownTimeoutMs is 0/],
    [
      'a switch',
      {},
      { OTEL_SDK_DISABLED: 'yes' },
      /OTEL_SDK_DISABLED is "yes"; allowed is true or false/,
    ],
    ['an empty name', { serviceName: ' ' }, {}, /serviceName is " "/],
  ])('%s that is wrong is told by name, value and what is allowed', (_, options, env, message) => {
    expect(() => read(options, env)).toThrow(
      expect.objectContaining({ code: 'setting_invalid', message: expect.stringMatching(message) }),
    )
  })

  test.each<[string, unknown, string]>([
    ['options', null, 'what start() was given is null; allowed is an object of options'],
    ['options', 'bot', 'what start() was given is "bot"; allowed is an object of options'],
    [
      'spool',
      { spool: './spool' },
      'option spool is "./spool"; allowed is false, or an object of folder, quotaBytes',
    ],
    [
      'console',
      { console: 'debug' },
      'option console is "debug"; allowed is false, or an object of level, format',
    ],
    ['repeats', { repeats: true }, 'option repeats is true; allowed is false, or an object of max'],
    [
      'file',
      { file: './bot.log' },
      'option file is "./bot.log"; allowed is an object of path, level, format',
    ],
    ['file', { file: { level: 'debug' } }, 'option file.path is missing'],
    [
      'files',
      { files: 5 },
      'option files is 5; allowed is a folder, false, or an object of folder',
    ],
    [
      'destination',
      { destination: 4318 },
      'option destination is 4318; allowed is a URL, or an object of url',
    ],
    ['destination', { destination: {} }, 'option destination.url is missing'],
    [
      'destination',
      { destination: { uri: 'http://a' } },
      'option destination.uri is not known. Did you mean "url"',
    ],
    ['destination', { destination: ['http://a', null] }, 'option destination[1] is null'],
    [
      'headers',
      { destination: { url: 'http://a', headers: 'a=b' } },
      'option destination.headers is "a=b"',
    ],
    ['redact', { redact: 'password' }, 'option redact is "password"; allowed is an object of keys'],
    ['redact', { redact: { key: ['pin'] } }, 'option redact.key is not known. Did you mean "keys"'],
    [
      'flows',
      { flows: { hedgeDelayLimit: 5 } },
      'option flows.hedgeDelayLimit is not known. Did you mean "hedgeDelayLimitMs"',
    ],
    [
      'resourceAttributes',
      { resourceAttributes: 'a=b' },
      'option resourceAttributes is "a=b"; allowed is an object',
    ],
  ])(
    '%s that no compiler has looked at: told by name, value and what is allowed',
    (_, options, message) => {
      expect(() => read(options as StartOptions)).toThrow(
        expect.objectContaining({
          code: 'setting_invalid',
          message: expect.stringContaining(message),
        }),
      )
    },
  )

  test('a working folder that was deleted is said where a folder is relative to it, and does no harm where none is', () => {
    const script = `
      const gone = fs.mkdtempSync(path.join(os.tmpdir(), 'fillpath-gone-'))
      process.chdir(gone)
      fs.rmdirSync(gone)
      import(${JSON.stringify(new URL('../../../src/probe/telemetry/settings.ts', import.meta.url))}).then(({ settingsOf }) => {
        const spool = { folder: '/srv/spool' }
        for (const options of [{}, { spool, files: 'logs' }, { spool, file: { path: 'bot.log' } }])
          try { settingsOf(options, {}) } catch ({ code, message }) { console.log(code, message) }
        console.log(settingsOf({ spool }, {}).spool.folder)
      })`
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
    const told = (path: string): string =>
      `setting_invalid the folder that the bot was started in is gone, and "${path}" is relative to it`
    expect(stdout.trim().split('\n')).toEqual([
      told('fillpath-spool'),
      told('logs'),
      told('bot.log'),
      '/srv/spool',
    ])
  })

  test('[C33] a secret in a header is not in the error', () => {
    expect(() => read({}, { OTEL_EXPORTER_OTLP_HEADERS: 'Bearer s3cr3t' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cr3t') }),
    )
  })

  test('an empty variable counts as not set', () => {
    expect(read({}, { OTEL_SERVICE_NAME: '', OTEL_TRACES_SAMPLER: ' ' })).toMatchObject({
      serviceName: 'trading-bot',
      sampler: 'parentbased_always_on',
    })
  })
})

describe('misspelt variables', () => {
  test('are named with what may have been meant', () => {
    const environment = { FILLPATH_SPOLL_FOLDER: '/mnt/x', FILLPATH_SPOOL_FOLDER: '/mnt/y' }
    expect(misspelt(environment)).toEqual([
      'environment variable FILLPATH_SPOLL_FOLDER is not known and was not read. Did you mean "FILLPATH_SPOOL_FOLDER"?',
    ])
  })

  test('those of the desk, the stack and docker-compose.yml are none', () => {
    const tables = [...Object.values(deskSettings), ...Object.values(stackSettings)]
    const composed = readFileSync('docker-compose.yml', 'utf8').match(/FILLPATH_[A-Z_]+/g) ?? []
    const names = [...tables.flatMap(({ variables }) => variables), ...composed]
    expect(names.length).toBeGreaterThan(30)
    expect(misspelt(Object.fromEntries(names.map((name) => [name, '1'])))).toEqual([])
  })
})
