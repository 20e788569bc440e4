import { describe, expect, expectTypeOf, test } from 'vitest'
import { FillpathError } from '../../src/semconv/error.ts'
import { misspeltVariables, readSettings, settingRows } from '../../src/wire/settings.ts'
import type { SettingSources, Settings } from '../../src/wire/settings.ts'

const settings = {
  serviceName: {
    kind: 'string',
    variables: ['OTEL_SERVICE_NAME'],
    default: 'trading-bot',
    brief: 'Name of the service.',
  },
  intervalMs: {
    kind: 'duration',
    min: 100,
    variables: ['OTEL_METRIC_EXPORT_INTERVAL'],
    default: 15_000,
    brief: 'Time between two exports.',
  },
  queueMax: { kind: 'integer', unit: 'records', min: 1, brief: 'Length of the queue.' },
  bodyMax: { kind: 'size', default: 16_777_216, brief: 'Largest body.' },
  disabled: {
    kind: 'boolean',
    variables: ['OTEL_SDK_DISABLED'],
    default: false,
    brief: 'Sends nothing.',
  },
  compression: {
    kind: 'choice',
    values: ['gzip', 'none'],
    variables: ['OTEL_EXPORTER_OTLP_LOGS_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    default: 'gzip',
    brief: 'How bodies are packed.',
  },
  endpoint: { kind: 'url', variables: ['OTEL_EXPORTER_OTLP_ENDPOINT'], brief: 'Who receives.' },
  headers: { kind: 'headers', variables: ['OTEL_EXPORTER_OTLP_HEADERS'], brief: 'More headers.' },
  token: {
    kind: 'string',
    variables: ['FILLPATH_TOKEN'],
    pattern: /^\w{8,}$/,
    allowed: 'eight letters or digits',
    secret: true,
    brief: 'What senders must show.',
  },
} as const satisfies Settings

const read = (sources: SettingSources): ReturnType<typeof readSettings<typeof settings>> =>
  readSettings(settings, { environment: {}, ...sources })

function failure(sources: SettingSources): FillpathError {
  try {
    read(sources)
  } catch (error) {
    if (error instanceof FillpathError) return error
    throw error
  }
  throw new Error('these settings were taken')
}

describe('where a value comes from', () => {
  test('an option wins over a variable, a variable over the default', () => {
    const environment = { OTEL_SERVICE_NAME: 'from-variable', OTEL_METRIC_EXPORT_INTERVAL: '5000' }
    expect(read({ options: { serviceName: 'from-option' }, environment })).toEqual({
      serviceName: 'from-option',
      intervalMs: 5000,
      queueMax: undefined,
      bodyMax: 16_777_216,
      disabled: false,
      compression: 'gzip',
      endpoint: undefined,
      headers: undefined,
      token: undefined,
    })
  })

  test('the first of several variables that is set', () => {
    const common = { OTEL_EXPORTER_OTLP_COMPRESSION: 'none' }
    expect(read({ environment: common }).compression).toBe('none')
    const own = { ...common, OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip' }
    expect(read({ environment: own }).compression).toBe('gzip')
  })

  test('an empty variable and an undefined option count as not set', () => {
    const environment = { OTEL_SERVICE_NAME: '  ', OTEL_SDK_DISABLED: '' }
    const values = read({ options: { serviceName: undefined, unknown: undefined }, environment })
    expect([values.serviceName, values.disabled]).toEqual(['trading-bot', false])
  })

  test('false and 0 of an option are values', () => {
    const environment = { OTEL_SDK_DISABLED: 'true' }
    expect(read({ options: { disabled: false, bodyMax: 0 }, environment })).toMatchObject({
      disabled: false,
      bodyMax: 0,
    })
  })

  test('the process environment is read when no other is given', () => {
    process.env['FILLPATH_TOKEN'] = 'abcd1234'
    try {
      expect(readSettings(settings).token).toBe('abcd1234')
    } finally {
      delete process.env['FILLPATH_TOKEN']
    }
  })

  test('the types of the values follow the settings', () => {
    const values = read({})
    expectTypeOf(values.serviceName).toEqualTypeOf<string>()
    expectTypeOf(values.queueMax).toEqualTypeOf<number | undefined>()
    expectTypeOf(values.compression).toEqualTypeOf<'gzip' | 'none'>()
    expectTypeOf(values.headers).toEqualTypeOf<Readonly<Record<string, string>> | undefined>()
    expect(values.compression).toBe('gzip')
  })
})

describe('a value that is not allowed', () => {
  test('names the setting, the value, where it came from and what is allowed', () => {
    const error = failure({ environment: { OTEL_METRIC_EXPORT_INTERVAL: '5 apples' } })
    expect(error.code).toBe('setting_invalid')
    expect(error.message).toBe(
      'environment variable OTEL_METRIC_EXPORT_INTERVAL is "5 apples"; allowed is a time in milliseconds or with a unit, such as 1500, 30s, 5m, 1h30m, 2d, at least 100ms.',
    )
    expect(error.hint).not.toBe('')
  })

  test('all of them are said at once, one a line', () => {
    const { message } = failure({
      options: { queueMax: 1.5, compression: 'gzp', servceName: 'x', endpoint: null },
      environment: { OTEL_SDK_DISABLED: '1' },
    })
    expect(message.split('\n')).toEqual([
      'option servceName is not known. Did you mean "serviceName"?',
      'option queueMax is 1.5; allowed is a whole number of records, at least 1.',
      'environment variable OTEL_SDK_DISABLED is "1"; allowed is true or false.',
      'option compression is "gzp"; allowed is one of gzip, none. Did you mean "gzip"?',
      'option endpoint is null; allowed is a URL that begins with http:// or https://.',
    ])
  })

  test('a command names its options as they are typed', () => {
    const optionName = (name: string): string =>
      `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const { message } = failure({ options: { 'service-nam': 'x', queueMax: 0 }, optionName })
    expect(message.split('\n')).toEqual([
      'option --service-nam is not known. Did you mean "--service-name"?',
      'option --queue-max is 0; allowed is a whole number of records, at least 1.',
    ])
  })

  test('[C33] never shows a secret, headers, or the password in a URL', () => {
    const { message } = failure({
      options: { endpoint: 'ftp://bot:p4ss@h/x', headers: { a: 5 } },
      environment: { FILLPATH_TOKEN: 'top secret', OTEL_EXPORTER_OTLP_HEADERS: 'abc' },
    })
    expect(message.split('\n')).toEqual([
      'option endpoint is "ftp://***@h/x"; allowed is a URL that begins with http:// or https://.',
      'option headers is object (not shown); allowed is name=value pairs with commas between them; a comma or space in a value is written %2C or %20.',
      'environment variable FILLPATH_TOKEN is a text of 10 characters (not shown); allowed is eight letters or digits.',
    ])
  })

  test('a value of megabytes is shown in part', () => {
    const { message } = failure({ environment: { OTEL_SDK_DISABLED: 'x'.repeat(1_000_000) } })
    expect(message.length).toBeLessThan(300)
  })

  test('options of any shape are refused without a crash', () => {
    for (const value of [Symbol('x'), () => 1, 5n, Number.NaN, [], {}, new Map()]) {
      expect(failure({ options: { serviceName: value } }).code).toBe('setting_invalid')
    }
    expect(failure({ options: { toString: 'x' } }).message).toContain(
      'option toString is not known',
    )
  })
})

test('variables that are nearly those of a setting are found, those of other programs are not', () => {
  const environment = {
    FILLPATH_TOKE: 'x',
    FILLPATH_TOKEN: 'y',
    FILLPATH_COLOUR_OF_THE_PAGE: 'z',
    OTEL_SDK_DISABLD: 'true',
    HOME: '/',
  }
  expect(misspeltVariables([settings], environment)).toEqual([
    'environment variable FILLPATH_TOKE is not known and was not read. Did you mean "FILLPATH_TOKEN"?',
  ])
})

test('all settings can be listed for the documentation', () => {
  const rows = settingRows(settings)
  expect(rows.map((row) => row.name)).toEqual(Object.keys(settings))
  expect(rows.filter((row) => ['intervalMs', 'bodyMax', 'queueMax'].includes(row.name))).toEqual([
    {
      name: 'intervalMs',
      variables: ['OTEL_METRIC_EXPORT_INTERVAL'],
      allowed:
        'a time in milliseconds or with a unit, such as 1500, 30s, 5m, 1h30m, 2d, at least 100ms',
      default: '15s',
      brief: 'Time between two exports.',
    },
    {
      name: 'queueMax',
      variables: [],
      allowed: 'a whole number of records, at least 1',
      default: '',
      brief: 'Length of the queue.',
    },
    {
      name: 'bodyMax',
      variables: [],
      allowed: 'a number of bytes or with a unit, such as 65536, 16MiB, 2GB',
      default: '16MiB',
      brief: 'Largest body.',
    },
  ])
})
