import { describe, expect, test } from 'vitest'
import { ownCategories } from '../../src/wire/own-category.ts'
import type { OwnCategory } from '../../src/wire/own-category.ts'

describe('categories of the user', () => {
  test('are read from a text as from a list', () => {
    const text =
      ' funding: event=trading.*funding* ; btc-trouble: level=WARN trading.symbol=BTC/* desk=a=b;'
    expect(ownCategories(text, 'x')).toEqual([
      { name: 'funding', event: 'trading.*funding*', attributes: {} },
      {
        name: 'btc-trouble',
        level: 'warn',
        attributes: { 'trading.symbol': 'BTC/*', desk: 'a=b' },
      },
    ])
    const own = { name: 'own', event: 'my.event', module: 'bot.*', attributes: {} }
    expect(ownCategories('own: module=bot.* event=my.event', 'x')).toEqual([own])
    expect(ownCategories([own], 'x')).toEqual([own])
    expect(ownCategories(undefined, 'x')).toEqual([])
  })

  test.each([
    ['no colon here', '"no colon here" has no ":" behind its name'],
    ['Big: level=warn', 'category "Big" needs a name of small letters'],
    ['../x: level=warn', 'category "../x" needs a name of small letters'],
    ['orders: level=warn', 'category "orders" is there already'],
    ['all:', 'category "all" has no condition'],
    ['a: warn', 'category "a": "warn" is not KEY=VALUE'],
    ['a: level=warn level=error', 'category "a" has level twice'],
    ['a: level=warm', 'category "a" has the level "warm"; allowed are trace, debug'],
    ['a: level=warm', 'Did you mean "warn"?'],
    ['a: event=trading.ordr.filled', 'Did you mean "trading.order.filled"'],
    ['a: event=trading.hedges.*', 'wants the event "trading.hedges.*", which there is none of'],
    ['a: event=', 'wants the event ""'],
    ['a: trading.symbl=BTC', 'Did you mean "trading.symbol"'],
    ['a: level=warn; a: level=error', 'category "a" is there twice'],
    [
      Array.from({ length: 33 }, (_, index) => `c${index}: level=warn`).join(';'),
      'there are 33 categories; allowed are 32',
    ],
  ])('%s is refused with what is wrong', (text, what) => {
    expect(() => ownCategories(text, 'option categories')).toThrow(what)
  })

  test.each<[unknown, string]>([
    [5, 'is not an object'],
    [[{}], 'has no name'],
    [[{ name: 'a', evnt: 'x' }], 'evnt is not known. Did you mean "event"?'],
    [[{ name: 'a', event: 7 }], 'its event is not a text'],
    [[{ name: 'a', module: 7 }], 'its module is not a text'],
    [[{ name: 'a', level: null }], 'its level is not a text'],
    [[{ name: 'a', attributes: { x: 1 } }], 'its attribute x is not a text'],
    [[{ name: 'a', attributes: 'x' }], 'attributes is not an object'],
  ])('%j, which a program without types may give, too', (given, what) => {
    const list = given as readonly OwnCategory[]
    expect(() => ownCategories(list, 'option files.categories')).toThrow(what)
  })

  test('all faults are said at once, each with where it was set', () => {
    expect(() => ownCategories('A: level=warn; b: level=loud', 'FILLPATH_CATEGORIES')).toThrow(
      /^FILLPATH_CATEGORIES: category "A".*\nFILLPATH_CATEGORIES: category "b" has the level "loud"/,
    )
  })

  test('events of any spelling and of the bot are taken', () => {
    const text = 'a: event=ORDER_CANCELLED; b: event=my.own.*; c: event=*; d: event=fillpath.*'
    expect(ownCategories(text, 'x')).toHaveLength(4)
  })
})
