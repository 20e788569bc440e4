import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomStream } from '../../src/bot/random.ts'

test('a seed gives the same numbers for ever', () => {
  const random = randomStream(7, 'market')
  // Written down once: another implementation, or another machine, must give exactly these.
  expect([random.next(), random.next(), random.next()]).toEqual([
    0.697_536_932_537_332_2, 0.405_857_538_804_411_9, 0.513_853_511_540_219_2,
  ])
})

test('streams of one seed differ by name, and of one name by seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), fc.string(), (seed, one, other) => {
      fc.pre(one !== other)
      const draws = (from: number, name: string): number[] => {
        const random = randomStream(from, name)
        return [random.next(), random.next(), random.next(), random.next()]
      }
      expect(draws(seed, one)).not.toEqual(draws(seed, other))
      expect(draws(seed, one)).not.toEqual(draws(seed + 1, one))
      expect(draws(seed, one)).toEqual(draws(seed, one))
    }),
  )
})

test('the distributions have the shape they promise', () => {
  const random = randomStream('shape', 'test')
  const count = 20_000
  const normals = Array.from({ length: count }, () => random.normal())
  const mean = normals.reduce((sum, value) => sum + value, 0) / count
  const variance = normals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(Math.abs(variance - 1)).toBeLessThan(0.05)

  const heavy = Array.from({ length: count }, () => random.heavy(10)).toSorted((a, b) => a - b)
  expect(heavy[count / 2]).toBeGreaterThan(9.5)
  expect(heavy[count / 2]).toBeLessThan(10.5)
  expect(heavy.at(-1)).toBeGreaterThan(200)

  const faces = Array.from({ length: 6 }, () => 0)
  for (let draw = 0; draw < 6000; draw += 1) faces[random.below(6)]! += 1
  for (const face of faces) expect(Math.abs(face - 1000)).toBeLessThan(150)
})

test('a shuffle keeps every item', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer()), (seed, items) => {
      const shuffled = randomStream(seed, 'deck').shuffle(items)
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b))
    }),
  )
})
