import type { SpoolNotice } from '../spool/notice.ts'
import type { SpoolPlace } from '../spool/place.ts'
import type { ShipNotice } from './notice.ts'
import type { AnyDestination } from './plan.ts'
import type { ShipReport } from './report.ts'
import type { Tuning } from './tuning.ts'

/** What the worker is started with. Plain data, like all messages. */
export interface WorkerTask {
  readonly place: SpoolPlace
  readonly destinations: readonly AnyDestination[]
  /** By which the folder of files is held, from one worker to the next. */
  readonly lockToken: string
  readonly tuning: Partial<Tuning>
  readonly quarantineBytesMax?: number
  /** The memory of a {@link Bell}. */
  readonly bell: SharedArrayBuffer
}

/** From the main thread to the worker. */
export type Order =
  | { readonly type: 'flush'; readonly id: number; readonly timeoutMs: number }
  | { readonly type: 'stop'; readonly id: number; readonly timeoutMs: number }

/** From the worker to the main thread. */
export type News =
  | { readonly type: 'report'; readonly report: ShipReport }
  | { readonly type: 'notice'; readonly notice: ShipNotice }
  | { readonly type: 'spool_notice'; readonly notice: SpoolNotice }
  | {
      readonly type: 'done'
      readonly id: number
      readonly sent: boolean
      readonly report: ShipReport
    }
