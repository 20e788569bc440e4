/** The thread that sends. It has no state that the disk has not: it may end at any moment and be started again. */
import { parentPort, workerData } from 'node:worker_threads'
import { Bell } from './bell.ts'
import type { News, Order, WorkerTask } from './message.ts'
import { Shipper } from './shipper.ts'
import { defaultTuning } from './tuning.ts'

const port = parentPort
if (port) serve(port, workerData as WorkerTask)

function serve(port: NonNullable<typeof parentPort>, task: WorkerTask): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  const tell = (news: News): void => port.postMessage(news)
  const shipper = new Shipper({
    ...task,
    bell: new Bell(task.bell),
    onNotice: (notice) => tell({ type: 'notice', notice }),
    onSpoolNotice: (notice) => tell({ type: 'spool_notice', notice }),
    onFailure: (error) => {
      // Out of every promise, so that the thread ends and the main thread starts another.
      setImmediate(() => {
        throw error
      })
    },
  })
  const report = (): void => tell({ type: 'report', report: shipper.report() })
  const timer = setInterval(report, task.tuning.reportMs ?? defaultTuning.reportMs)
  const obey = async ({ type, id, timeoutMs }: Order): Promise<void> => {
    const sent = await (type === 'flush' ? shipper.flush(timeoutMs) : shipper.stop(timeoutMs))
    tell({ type: 'done', id, sent, report: shipper.report() })
    if (type === 'flush') return
    clearInterval(timer)
    port.close()
  }
  port.on('message', (order: Order) => void obey(order))
}
