import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowedOf, durationText, readKind, sizeText } from '../../src/wire/setting-kinds.ts'
import type { SettingKind } from '../../src/wire/setting-kinds.ts'

const kinds = {
  text: { kind: 'string' },
  name: { kind: 'string', pattern: /^[a-z]+$/, allowed: 'lower-case letters' },
  integer: { kind: 'integer', unit: 'records', min: 1, max: 512 },
  duration: { kind: 'duration', min: 1, max: 3_600_000 },
  size: { kind: 'size', min: 1024 },
  boolean: { kind: 'boolean' },
  choice: { kind: 'choice', values: ['gzip', 'none'] },
  url: { kind: 'url' },
  database: { kind: 'url', schemes: ['file'] },
  headers: { kind: 'headers' },
} as const satisfies Record<string, SettingKind>

describe('values that are taken', () => {
  test.each([
    ['text', 'hedge-bot', 'hedge-bot'],
    ['name', 'bot', 'bot'],
    ['integer', '512', 512],
    ['integer', 1, 1],
    ['duration', '1500', 1500],
    ['duration', '30s', 30_000],
    ['duration', '1m30s', 90_000],
    ['duration', '1h', 3_600_000],
    ['duration', '5 m', 300_000],
    ['duration', '250ms', 250],
    ['duration', 90_000, 90_000],
    ['size', '2048', 2048],
    ['size', '16MiB', 16_777_216],
    ['size', '2 GB', 2e9],
    ['size', '1.5kib', 1536],
    ['boolean', 'TRUE', true],
    ['boolean', 'false', false],
    ['boolean', false, false],
    ['choice', 'GZIP', 'gzip'],
    ['url', 'http://127.0.0.1:4318/x?a=1', 'http://127.0.0.1:4318/x?a=1'],
    ['url', new URL('https://collector.example'), 'https://collector.example/'],
    ['headers', 'Authorization=Basic%20abc%3D,x-Tenant = bot-1 ,', { authorization: 'Basic abc=', 'x-tenant': 'bot-1' }],
    ['headers', 'a=1=2;x,b=', { a: '1=2;x', b: '' }],
    ['headers', 'a=100%', { a: '100%' }],
    ['headers', { 'X-Tenant': 'a,b' }, { 'x-tenant': 'a,b' }],
  ] as const)('%s takes %j', (kind, given, value) => {
    expect(readKind(kinds[kind], given)).toEqual(value)
  }) // prettier-ignore
})

describe('values that are not', () => {
  test.each([
    ['text', ' '],
    ['text', 5],
    ['name', 'Bot'],
    ['integer', '0'],
    ['integer', '513'],
    ['integer', '1.5'],
    ['integer', '1e2'],
    ['integer', '0x10'],
    ['integer', 1.5],
    ['integer', Number.NaN],
    ['integer', true],
    ['duration', '0'],
    ['duration', '2h'],
    ['duration', '5 apples'],
    ['duration', '30s1m'],
    ['duration', ''],
    ['size', '16 Mi'],
    ['size', '1'],
    ['size', '-5MiB'],
    ['boolean', '1'],
    ['boolean', 'yes'],
    ['boolean', 1],
    ['choice', 'zip'],
    ['choice', true],
    ['url', 'localhost:4318'],
    ['url', 'ftp://h/'],
    ['url', '/v1/logs'],
    ['url', 'http://'],
    ['url', 5],
    ['headers', 'no pair'],
    ['headers', '=x'],
    ['headers', 'a b=c'],
    ['headers', 'a=x%0d%0aEvil: 1'],
    ['headers', { a: 5 }],
    ['headers', ['a=b']],
    ['headers', null],
  ] as const)('%s refuses %j', (kind, given) => {
    expect(readKind(kinds[kind], given)).toBeUndefined()
  })
})

test('what is allowed is said in words', () => {
  expect(Object.values(kinds).map((kind) => allowedOf(kind))).toEqual([
    'a text that is not empty',
    'lower-case letters',
    'a whole number of records, from 1 to 512',
    'a time in milliseconds or with a unit, such as 1500, 30s, 5m, 1h30m, 2d, from 1ms to 1h',
    'a number of bytes or with a unit, such as 65536, 16MiB, 2GB, at least 1KiB',
    'true or false',
    'one of gzip, none',
    'a URL that begins with http:// or https://',
    'a URL that begins with file://',
    'name=value pairs with commas between them; a comma or space in a value is written %2C or %20',
  ])
})

test('durations and sizes are written as they can be read', () => {
  expect([0, 1, 1500, 90_000, 3_600_000, 93_784_005].map(durationText)).toEqual(['0', '1ms', '1s500ms', '1m30s', '1h', '1d2h3m4s5ms']) // prettier-ignore
  expect([0, 1000, 1024, 16_777_216, 2_147_483_648].map(sizeText)).toEqual(['0', '1000', '1KiB', '16MiB', '2GiB']) // prettier-ignore
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (value) => {
      expect(readKind({ kind: 'duration' }, durationText(value))).toBe(value)
      expect(readKind({ kind: 'size' }, sizeText(value))).toBe(value)
    }),
    { examples: [[21_137_535_889 * 1024], [2 ** 45 - 1]] },
  )
})

test('headers survive the way through a variable, whatever their value', () => {
  const value = fc.string({ unit: fc.stringMatching(/^[\x20-\x7e]$/) }).map((text) => text.trim())
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), value, { noNullPrototype: true }),
      (headers) => {
        const text = Object.entries(headers)
          .map(([name, each]) => `${name}=${encodeURIComponent(each)}`)
          .join(',')
        expect(readKind({ kind: 'headers' }, text)).toEqual(headers)
      },
    ),
  )
})
