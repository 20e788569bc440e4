import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCall } from '../../../src/probe/log/call.ts'

describe('the arguments of a log call', () => {
  test('message and fields', () => {
    expect(readCall(['a', { x: 1 }])).toEqual({
      message: 'a',
      data: { x: 1 },
      exception: undefined,
    })
    expect(readCall(['a'])).toEqual({ message: 'a', data: undefined, exception: undefined })
    expect(readCall([])).toEqual({ message: '', data: undefined, exception: undefined })
  })

  test('fields called level or message stay fields', () => {
    const book = { level: 5, message: 'best bid' }
    expect(readCall(['top of book', book]).data).toEqual(book)
    expect(readCall(['top of book', book]).message).toBe('top of book')
  })

  test('an error alone, beside a message, beside fields, and in a winston entry', () => {
    const error = new RangeError('bad price')
    expect(readCall([error])).toEqual({ message: 'bad price', data: undefined, exception: error })
    expect(readCall(['order failed', error]).message).toBe('order failed')
    expect(readCall(['order failed', error]).exception).toBe(error)
    expect(readCall(['order failed', { id: 1 }, error])).toEqual({
      message: 'order failed',
      data: { id: 1 },
      exception: error,
    })
    expect(readCall([{ message: error, id: 1 }])).toEqual({
      message: 'bad price',
      data: { id: 1 },
      exception: error,
    })
  })

  test('a second error is kept', () => {
    const [first, second] = [new Error('first'), new Error('second')]
    const { exception, data } = readCall(['both', first, second])
    expect(exception).toBe(first)
    expect(data).toEqual({ args: [second] })
    expect(readCall([first, second])).toMatchObject({
      exception: first,
      data: { exception: second },
    })
  })

  test('placeholders take their values, what is left over is kept', () => {
    expect(readCall(['%s at %d%%', 'BTC', 5, { x: 1 }, 'rest'])).toEqual({
      message: 'BTC at 5%',
      data: { x: 1, args: ['rest'] },
      exception: undefined,
    })
    expect(readCall([{ message: '100%d', x: 1 }, 7])).toMatchObject({
      message: '1007',
      data: { x: 1 },
    })
    expect(readCall(['%j', { px: 10n }]).message).toBe('{"px":"10"}')
    expect(readCall(['100% sure', { x: 1 }])).toMatchObject({
      message: '100% sure',
      data: { x: 1 },
    })
  })

  test('values that are no fields become the list args', () => {
    expect(readCall(['a', 1, [2], null, new Date(0)]).data).toEqual({
      args: [1, [2], null, new Date(0)],
    })
    expect(readCall([[1, 2]]).data).toEqual({ args: [[1, 2]] })
    expect(readCall([null]).message).toBe('null')
    expect(readCall([undefined]).message).toBe('undefined')
    expect(readCall([10n]).message).toBe('10')
  })

  test('an instance of a class gives its fields', () => {
    class Order {
      readonly id = '7'
      readonly price = 5
    }
    expect(readCall(['order', new Order()]).data).toEqual({ id: '7', price: 5 })
  })

  test('[A07] nothing that the caller owns is changed, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.anything({ withDate: true, withMap: true }), { maxLength: 4 }),
        (args) => {
          const before = structuredClone(args)
          readCall(args)
          expect(args).toEqual(before)
        },
      ),
    )
  })

  test('no argument is lost: each shows in the message, the fields or the exception', () => {
    const marks = fc.stringMatching(/^[a-z]{6}$/)
    const argument = fc.oneof(
      marks.map((mark) => ({ mark, value: mark as unknown })),
      marks.map((mark) => ({ mark, value: { [mark]: 1 } as unknown })),
      marks.map((mark) => ({ mark, value: [mark] as unknown })),
      marks.map((mark) => ({ mark, value: new Error(mark) as unknown })),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(argument, { selector: ({ mark }) => mark, maxLength: 5 }),
        (all) => {
          const { message, data, exception } = readCall(all.map(({ value }) => value))
          const errorText = (value: unknown): unknown =>
            value instanceof Error ? value.message : value
          const shown =
            message +
            String(errorText(exception)) +
            JSON.stringify(data ?? {}, (_, value: unknown) => errorText(value))
          for (const { mark } of all) expect(shown).toContain(mark)
        },
      ),
    )
  })
})
