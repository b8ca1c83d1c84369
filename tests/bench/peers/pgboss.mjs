// pg-boss: jobs that hold the application, fetched and completed. Completed ones stay, as is its default.
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { body, database, serve, versionOf } from './talk.mjs';

const QUEUE = 'applications';
const CHUNK = 1000;
let boss, lanes;

async function open(asked) {
	await boss?.stop({ graceful: false });
	lanes = asked.lanes;
	boss = new PgBoss({ ...database, max: lanes });
	boss.on('error', (error) => console.error(error));
	await boss.start();
	await boss.createQueue(QUEUE);
}

async function fill({ count }) {
	const db = new pg.Client(database);
	await db.connect();
	const waiting = await db.query("SELECT count(*)::int AS n FROM pgboss.job WHERE name = $1 AND state = 'created'", [QUEUE]);
	await db.end();
	for (let left = count - waiting.rows[0].n; left > 0; left -= CHUNK)
		await boss.insert(QUEUE, Array(Math.min(left, CHUNK)).fill({ data: body }));
}

async function measure({ batch, seconds }) {
	const start = performance.now(), end = start + 1000 * seconds;
	let done = 0, dry = false;
	await Promise.all(Array.from({ length: lanes }, async () => {
		while (performance.now() < end) {
			const jobs = await boss.fetch(QUEUE, { batchSize: batch });
			if (!jobs.length) {
				dry = true;
				break;
			}
			await boss.complete(QUEUE, jobs.map((job) => job.id));
			done += jobs.length;
		}
	}));
	return { per_second: 1000 * done / (performance.now() - start), dry };
}

await serve({ version: () => ({ version: versionOf('pg-boss') }), open, fill, measure });
