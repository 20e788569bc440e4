import { runInNewContext } from 'node:vm'
import { diag } from '@opentelemetry/api'
import { isAnyValue } from '@opentelemetry/core'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalize, normalizeAttributes } from '../../src/base/normalize.ts'
import type { NormalizeLimits, Plain } from '../../src/base/plain.ts'

const anything = fc.anything({
  maxDepth: 4,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
})

describe('what is plain already', () => {
  test('[A04] comes back as the same object, at any depth', () => {
    const attributes = {
      symbol: 'BTC/USDT',
      price: '43210.50',
      quantity: 0.01,
      postOnly: true,
      clientOrderId: null,
      levels: [
        ['43210', '1.5'],
        ['43211', '2'],
      ],
      venue: { name: 'binance', fees: { maker: -0.0001, taker: 0.0004 }, tags: [] },
    }
    expect(normalizeAttributes(attributes)).toBe(attributes)
    expect(normalize(attributes)).toBe(attributes)
    expect(normalize(attributes.levels)).toBe(attributes.levels)
  })

  test('[A04] is not copied around the one part that is not', () => {
    const levels = [['43210', '1.5']]
    const result = normalizeAttributes({ levels, at: new Date(0) })
    expect(result['levels']).toBe(levels)
    expect(result['at']).toBe('1970-01-01T00:00:00.000Z')
  })

  test('the input is never changed', () => {
    const attributes = Object.freeze({
      nested: Object.freeze({ amount: 5n, list: Object.freeze([1n]) }),
    })
    expect(normalize(attributes)).toEqual({ nested: { amount: '5', list: ['1'] } })
    expect(attributes.nested.amount).toBe(5n)
  })
})

describe('what the SDK would drop', () => {
  test('[A04] is kept in a readable form', () => {
    expect(
      normalizeAttributes({
        wei: 1234567890123456789012n,
        small: 5n,
        nan: Number.NaN,
        up: Infinity,
        down: -Infinity,
        id: Symbol('sig'),
        callback: function onFill() {},
        anonymous: (
          () => () =>
            1
        )(),
        gone: undefined,
        list: [undefined, null, 1n],
      }),
    ).toEqual({
      wei: '1234567890123456789012',
      small: '5',
      nan: 'NaN',
      up: 'Infinity',
      down: '-Infinity',
      id: 'Symbol(sig)',
      callback: '[Function: onFill]',
      anonymous: '[Function]',
      list: [null, null, '1'],
    })
  })

  test('[A04] every value becomes one that the SDK, JSON and a second pass take as it is', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const plain = normalize(value)
        expect(isAnyValue(plain)).toBe(true)
        // JSON knows no -0.
        expect(JSON.stringify(JSON.parse(JSON.stringify(plain)))).toBe(JSON.stringify(plain))
        expect(normalize(plain)).toBe(plain)
      }),
      { numRuns: 2000 },
    )
  })

  test('[A04] the SDK takes every attribute without a warning', () => {
    const warnings: unknown[] = []
    diag.setLogger({
      warn: (...said) => warnings.push(said),
      error: (...said) => warnings.push(said),
      info() {},
      debug() {},
      verbose() {},
    })
    const exporter = new InMemoryLogRecordExporter()
    const provider = new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter })],
    })
    const names = fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', '', 'toString'))
    fc.assert(
      fc.property(fc.dictionary(names, anything, { maxKeys: 5 }), (attributes) => {
        const plain = normalizeAttributes(attributes)
        provider.getLogger('test').emit({ attributes: { ...plain } })
        const record = exporter.getFinishedLogRecords().at(-1)
        exporter.reset()
        expect(record?.attributes).toEqual(plain)
        expect(record?.droppedAttributesCount).toBe(0)
      }),
    )
    diag.disable()
    expect(warnings).toEqual([])
  })

  test('[A04] keys that the SDK loses get another name, and no key is lost', () => {
    const attributes = JSON.parse(
      '{"": 1, "(empty)": 2, "nested": {"constructor": 3, "constructor_": 4, "__proto__": 5}}',
    )
    expect(normalizeAttributes(attributes)).toEqual({
      '(empty)': 1,
      '(empty)_': 2,
      nested: { constructor_: 3, constructor__: 4, __proto___: 5 },
    })
    const long = Object.keys(normalizeAttributes({ ['k'.repeat(600)]: 1 }))[0]
    expect(long).toMatch(/^k+…\[\+\d+ characters\]$/)
    expect(long?.length).toBeLessThanOrEqual(512)
  })

  test('half of a surrogate pair is made well formed, in values and keys', () => {
    expect(normalizeAttributes({ 'a\ud800': 'b\udc00c', list: ['\ud83d'] })).toEqual({
      'a\ufffd': 'b\ufffdc',
      list: ['\ufffd'],
    })
    const emoji = { note: '🚀' }
    expect(normalizeAttributes(emoji)).toBe(emoji)
  })

  test('[A04] an object literal of another realm is kept', () => {
    const foreign: unknown = runInNewContext('({ a: 1, list: [1], map: new Map([["k", 1n]]) })')
    expect(isAnyValue(foreign)).toBe(false)
    expect(normalize(foreign)).toEqual({ a: 1, list: [1], map: { k: '1' } })
    expect(isAnyValue(normalize(foreign))).toBe(true)
  })
})

describe('values made to do harm', () => {
  test('cycles end, and what is shared but no cycle is shown each time', () => {
    const shared = { price: '1' }
    const order: Record<string, unknown> = { a: shared, b: shared, at: new Date(0) }
    order['self'] = order
    order['list'] = [order]
    expect(normalize(order)).toEqual({
      a: { price: '1' },
      b: { price: '1' },
      at: '1970-01-01T00:00:00.000Z',
      self: '[Circular]',
      list: ['[Circular]'],
    })
    const map = new Map<string, unknown>()
    map.set('me', map)
    expect(normalize(map)).toEqual({ me: '[Circular]' })
  })

  test('what a getter gave or threw stands in its place: it is not called again', () => {
    let calls = 0
    const value = {
      get counted() {
        calls += 1
        return calls
      },
      get bad(): never {
        throw new Error('no')
      },
      odd: 1n,
    }
    const plain = normalize(value)
    const before = calls
    expect(JSON.parse(JSON.stringify(plain))).toMatchObject({ odd: '1' })
    expect(() => JSON.stringify({ plain })).not.toThrow()
    expect(calls).toBe(before)
    // Also where nothing else had to change.
    const thrower = {
      get bad(): never {
        throw new Error('no')
      },
    }
    expect(() => JSON.stringify(normalize({ thrower }))).not.toThrow()
  })

  test('getters, proxies and toJSON that throw leave the rest whole', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const trap = new Proxy({ a: 1 }, { ownKeys: () => { throw new Error('no keys') } }) // prettier-ignore
    class Broken {
      kept = 1
      toJSON(): never {
        throw new Error('no JSON')
      }
    }
    expect(
      normalize({
        ok: 1,
        get bad() {
          throw new Error('no price')
        },
        proxy,
        trap,
        broken: new Broken(),
        nameless: Object.create({ get constructor() { throw new Error('none') } }), // prettier-ignore
      }),
    ).toEqual({
      ok: 1,
      bad: '[Throws: no price]',
      proxy: expect.stringContaining('[Throws: '),
      trap: '[Throws: no keys]',
      broken: { kept: 1 },
      nameless: '[Object]',
    })
  })

  test('a proxy is copied, for it may answer otherwise the next time', () => {
    const proxy = new Proxy({ a: 1 }, {})
    expect(normalize(proxy)).toEqual({ a: 1 })
    expect(normalize(proxy)).not.toBe(proxy)
  })

  test('a toJSON that never comes to an end comes to an end', () => {
    class Matryoshka {
      toJSON(): Matryoshka {
        return new Matryoshka()
      }
    }
    expect(JSON.stringify(normalize(new Matryoshka()))).toContain('too deep')
  })
})

describe('limits', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 'leaf' : { in: nested(depth - 1) })

  test('depth: what lies deeper is named', () => {
    expect(normalize(nested(3), { depthMax: 3 })).toEqual(nested(3))
    expect(normalize(nested(4), { depthMax: 3 })).toEqual({
      in: { in: { in: '[Object, too deep]' } },
    })
    expect(normalize([[[1, 2]]], { depthMax: 2 })).toEqual([['[Array of 2, too deep]']])
  })

  test('length of a string: the cut shows how much is missing and never splits a character', () => {
    const cut = normalize('x'.repeat(100), { stringLengthMax: 50 })
    expect(cut).toBe(`${'x'.repeat(26)}…[+74 characters]`)
    const emojis = normalize('🚀'.repeat(50), { stringLengthMax: 51 })
    expect(emojis).toBe(`${'🚀'.repeat(13)}…[+74 characters]`)
  })

  test('number of values: arrays, objects, maps, sets and typed arrays show how many are missing', () => {
    const limits = { nodesMax: 4 }
    const numbers = Array.from({ length: 10 }, (_, index) => index)
    expect(normalize(numbers, limits)).toEqual([0, 1, 2, '…[+7 more]'])
    expect(normalize(new Set(numbers), limits)).toEqual([0, 1, 2, '…[+7 more]'])
    expect(normalize(Float64Array.from(numbers), limits)).toEqual([0, 1, 2, '…[+7 more]'])
    expect(normalize(Object.fromEntries(numbers.map((n) => [`k${n}`, n])), limits)).toEqual({
      k0: 0,
      k1: 1,
      k2: 2,
      '…': '…[+7 more]',
    })
    expect(normalize(new Map(numbers.map((n) => [`k${n}`, n])), limits)).toEqual({
      k0: 0,
      k1: 1,
      k2: 2,
      '…': '…[+7 more]',
    })
  })

  test('all characters together', () => {
    const result = normalize(['a'.repeat(40), 'b'.repeat(40), 'c'], { lengthMax: 70 })
    expect(result).toEqual(['a'.repeat(40), `${'b'.repeat(6)}…[+34 characters]`, 'c'])
    expect(normalize(['a'.repeat(10), 'b'.repeat(50), 'c'.repeat(9)], { lengthMax: 10 })).toEqual([
      'a'.repeat(10),
      '…[+50 characters]',
      '…[+9 characters]',
    ])
  })

  test('huge and sparse values are looked at only as far as they are kept', () => {
    const sparse: unknown[] = []
    sparse[4_000_000_000] = 1
    const shared: unknown[] = Array.from({ length: 50 }, () => [])
    // Fifty references on each of seven levels: 50^7 values when followed blindly.
    const wide = Array.from({ length: 7 }).reduce<unknown>(
      (inner) => Array.from({ length: 50 }, () => inner),
      shared,
    )
    const count = (value: Plain): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, each) => sum + count(each), 1)
        : 1
    expect(count(normalize(sparse))).toBeLessThan(4100)
    expect(count(normalize(wide))).toBeLessThan(4200)
    expect(JSON.stringify(normalize('x'.repeat(50_000_000))).length).toBeLessThan(33_000)
  })

  test('a second pass changes nothing, whatever the limits and the value', () => {
    const limits: fc.Arbitrary<NormalizeLimits> = fc.record({
      depthMax: fc.integer({ min: 1, max: 5 }),
      stringLengthMax: fc.integer({ min: 40, max: 100 }),
      nodesMax: fc.integer({ min: 1, max: 20 }),
      lengthMax: fc.integer({ min: 40, max: 200 }),
    })
    fc.assert(
      fc.property(limits, anything, (max, value) => {
        const once = normalize(value, max)
        expect(normalize(once, max)).toEqual(once)
      }),
      { numRuns: 2000 },
    )
  })
})
