import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ring } from '../../src/base/ring.ts'

describe('a ring', () => {
  test('keeps the newest items and hands out the one that had to go', () => {
    const ring = new Ring<string>(3)
    expect([ring.push('a'), ring.push('b'), ring.push('c'), ring.push('d')]).toEqual([
      undefined,
      undefined,
      undefined,
      'a',
    ])
    expect([...ring]).toEqual(['b', 'c', 'd'])
    expect([ring.size, ring.at(0), ring.at(-1), ring.at(3), ring.at(-4)]).toEqual([
      3,
      'b',
      'd',
      undefined,
      undefined,
    ])
  })

  test('behaves as an array of limited length, whatever is done with it', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('push' as const), item: fc.nat() }),
      fc.record({ do: fc.constantFrom('shift' as const, 'clear' as const) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.array(action, { maxLength: 60 }),
        (capacity, actions) => {
          const ring = new Ring<number>(capacity)
          let model: number[] = []
          for (const each of actions) {
            const happened =
              each.do === 'push'
                ? ring.push(each.item)
                : each.do === 'shift'
                  ? ring.shift()
                  : ring.clear()
            const expected =
              each.do === 'clear' || (each.do === 'push' && model.length < capacity)
                ? undefined
                : model.shift()
            if (each.do === 'push') model.push(each.item)
            if (each.do === 'clear') model = []
            expect(happened).toBe(expected)
            expect([...ring]).toEqual(model)
            expect(ring.size).toBe(model.length)
            expect(ring.at(-1)).toBe(model.at(-1))
            expect(ring.at(0)).toBe(model[0])
          }
        },
      ),
    )
  })

  test('a capacity that holds nothing is refused', () => {
    expect(() => new Ring(0)).toThrow('got capacity 0')
    expect(() => new Ring(1.5)).toThrow('got capacity 1.5')
  })
})
