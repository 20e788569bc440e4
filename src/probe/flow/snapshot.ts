import type { SnapshotTrigger } from '../../semconv/words.ts'
import { guarded } from '../event/fault.ts'
import { snapshotAttributes } from './book.ts'
import type { Core, Numbers, Scope } from './core.ts'
import type { ArbitrageOptions, Books } from './handles/book.ts'

/** Emits a snapshot of order books under the next number. */
export function tellSnapshot(
  core: Core,
  scope: Scope,
  numbers: Numbers,
  taken: {
    readonly trigger: SnapshotTrigger
    readonly books: Books
    readonly arbitrage: ArbitrageOptions | undefined
  },
): number {
  const number = numbers.nextBook()
  guarded('snapshot', () => {
    core.emit(
      { ...scope, numbers: undefined },
      'trading.book.snapshot',
      {
        'trading.book.sequence': number,
        'trading.book.trigger': taken.trigger,
        ...snapshotAttributes(taken.books, taken.arbitrage),
      },
      { message: `order books ${number}: ${taken.trigger.replaceAll('_', ' ')}` },
    )
  })
  return number
}
