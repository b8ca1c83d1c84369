// graphile-worker: jobs that hold the application, through its local queue, with completions gathered. It deletes what
// is done and keeps no journal.
import pg from 'pg';
import { Logger, run, runMigrations } from 'graphile-worker';
import { body, database, serve, versionOf } from './talk.mjs';

const CHUNK = 1000;
const logger = new Logger(() => (level, message) => {
	if (level === 'error')
		console.error(message);
});
let pool, options;

async function open({ concurrency, size, delay }) {
	await pool?.end();
	pool = new pg.Pool({ ...database, max: 10 });
	options = {
		pgPool: pool, logger, concurrency, noHandleSignals: true,
		preset: { worker: { localQueue: { size }, completeJobBatchDelay: delay, failJobBatchDelay: delay } },
	};
	await runMigrations({ pgPool: pool, logger });
}

async function fill({ count }) {
	const waiting = await pool.query('SELECT count(*)::int AS n FROM graphile_worker._private_jobs');
	for (let left = count - waiting.rows[0].n; left > 0; left -= CHUNK)
		await pool.query(`SELECT count(*) FROM graphile_worker.add_jobs((SELECT array_agg(json_populate_record(
			NULL::graphile_worker.job_spec, json_build_object('identifier', 'application', 'payload', $1::json)))
			FROM generate_series(1, $2::int)))`, [body, Math.min(left, CHUNK)]);
}

async function measure({ seconds }) {
	let done = 0, start;
	const runner = await run({ ...options, taskList: {
		application: async () => {
			start ??= performance.now();
			done++;
		},
	} });
	await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
	const took = performance.now() - start, counted = done;
	await runner.stop();
	const left = await pool.query('SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS some');
	return { per_second: start ? 1000 * counted / took : 0, dry: !left.rows[0].some };
}

await serve({ version: () => ({ version: versionOf('graphile-worker') }), open, fill, measure });
