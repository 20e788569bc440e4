import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closingQuote, valueAfter } from '../../src/redact/extent.ts'
import type { Label } from '../../src/redact/extent.ts'
import type { Suspicion } from '../../src/redact/names.ts'

/** The value behind the first `=` or `:` of a text. */
function valueIn(
  text: string,
  { suspicion = 'secret', kind = 'field' }: { suspicion?: Suspicion; kind?: Label['kind'] } = {},
): string | undefined {
  const separator = text.search(/[=:]/)
  const start = /["']/.test(text[0] ?? '') ? 1 : 0
  const label: Label = { name: 'name', wordBefore: '', start, valueFrom: separator + 1, kind }
  const extent = valueAfter(text, label, suspicion, '[REDACTED]')
  return extent && text.slice(extent.start, extent.end)
}

describe('where a quoted value ends', () => {
  test('[B46] at its own quote, at any depth of JSON within JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 3 }), (value, depth) => {
        let text = JSON.stringify({ name: value, next: '"' })
        let shown = JSON.stringify(value).slice(1, -1)
        for (let level = 0; level < depth; level += 1) {
          text = JSON.stringify(text)
          shown = JSON.stringify(shown).slice(1, -1)
        }
        expect(valueIn(text)).toBe(shown === '' ? undefined : shown)
      }),
    )
  })

  test('at the end of the text when it was cut', () => {
    expect(valueIn('name: "abc')).toBe('abc')
    expect(valueIn(String.raw`{\"name\":\"abc`)).toBe('abc')
    expect(closingQuote('abc', 0, '"')).toBe(3)
  })
})

describe('where a bare value ends', () => {
  test.each([
    ['name=abc&next=1', 'abc'],
    ['name=abc, next=1', 'abc'],
    ['name=abc;next=1', 'abc'],
    ['(name=abc) next', 'abc'],
    ['name=p,ss)w;rd next', 'p,ss)w;rd'],
    ['name=abc/def+==\n', 'abc/def+=='],
    ['name => abc', 'abc'],
    ['name == abc', 'abc'],
    ['name=', undefined],
    ['name=\nnext', undefined],
    ['name:\n  "abc"', 'abc'],
    ['name: undefined', undefined],
    ['name: missing.', undefined],
    ['name=[REDACTED] next', undefined],
    ['name=[REDACTED]abc next', '[REDACTED]abc'],
    ['name: ["a]b", "c"], next', '["a]b", "c"]'],
    ["name: { a: 'x}' } next", "{ a: 'x}' }"],
    ['name: [1, 2', '[1, 2'],
  ])('[B46] %j', (text, value) => {
    expect(valueIn(text)).toBe(value)
  })

  test('[B46] a parameter of a query ends at its &, whatever else it holds', () => {
    expect(valueIn('name=a,b)c;d&next=1', { kind: 'query' })).toBe('a,b)c;d')
  })

  test('[B46] a header ends with its line, or at the quote around it', () => {
    const line = { suspicion: 'line' } as const
    expect(valueIn('name: a=b; c=d\r\nHost: x', line)).toBe('a=b; c=d')
    expect(valueIn(`'name: Bearer abc' --next`, line)).toBe('Bearer abc')
    expect(valueIn(String.raw`name: a b\r\nHost: x`, line)).toBe('a b')
  })

  test('[B46] a phrase goes on through its words', () => {
    const phrase = { suspicion: 'phrase' } as const
    expect(valueIn('name: correct horse battery. next', phrase)).toBe('correct horse battery')
    expect(valueIn('name: one, two three=4', phrase)).toBe('one, two')
  })

  test('a list under a doubtful name is looked at part by part', () => {
    expect(valueIn('name: [abc]', { suspicion: 'token' })).toBe('[abc')
    expect(valueIn(`name=${'a'.repeat(500)}`, { suspicion: 'key' })).toBeUndefined()
  })
})
