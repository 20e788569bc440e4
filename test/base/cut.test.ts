import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countOfMark, cut, isCutMark, moreMark } from '../../src/base/cut.ts'

test('a text that fits is the same text', () => {
  expect(cut('abc', 3)).toBe('abc')
})

test('a cut text keeps its beginning, tells what is missing and stays within its length', () => {
  expect(cut('x'.repeat(100), 40)).toBe(`${'x'.repeat(16)}…[+84 characters]`)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 61 }), (text) => {
      const shown = cut(text, 60)
      const [, kept = '', missing] = /^(.*)…\[\+(\d+) characters\]$/s.exec(shown) ?? []
      expect(shown.length).toBeLessThanOrEqual(60)
      expect(text.startsWith(kept)).toBe(true)
      expect(kept.isWellFormed()).toBe(true)
      expect(Number(missing)).toBe(text.length - kept.length)
      expect(cut(shown, 60)).toBe(shown)
    }),
  )
})

test('without room there is the mark alone', () => {
  expect(cut('abc', 0)).toBe('…[+3 characters]')
  expect(isCutMark('…[+3 characters]')).toBe(true)
  expect(isCutMark('abc…[+3 characters]')).toBe(false)
})

test('a mark of items tells their number', () => {
  expect(countOfMark(moreMark(12))).toBe(12)
  expect([countOfMark('12 more'), countOfMark(12), countOfMark(undefined)]).toEqual([0, 0, 0])
})
