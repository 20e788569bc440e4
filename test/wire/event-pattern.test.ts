import { expect, test } from 'vitest'
import { eventMatcher } from '../../src/wire/event-pattern.ts'

test.each([
  ['trading.order.filled', ['trading.order.filled', 'ORDER_FILLED'], ['trading.order.fill', '']],
  ['order_filled', ['trading.order.filled'], ['trading.order.accepted']],
  ['order.*', ['trading.order.filled', 'order.mine'], ['trading.hedge.started', '']],
  ['*.failed', ['trading.hedge.failed', 'grid.failed'], ['trading.hedge.completed']],
  ['grid.level', ['grid.level'], ['grid.levels', 'trading.grid']],
  ['*', ['trading.order.filled', 'grid.level'], ['']],
])('[A66] events asked for by %s, in any spelling', (asked, taken, left) => {
  const matches = eventMatcher(asked)
  expect(taken.filter((name) => !matches(name))).toEqual([])
  expect(left.filter((name) => matches(name))).toEqual([])
})
