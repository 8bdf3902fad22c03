const { readFileSync } = require('node:fs');

// Loaded into every measured Node process by `--require`: sends its resource usage to its parent on request.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: peakRssBytes(),
  });
});
process.channel.unref(); // the channel must not keep the process alive

/** On Linux `maxRSS` is at least that of the parent process. */
function peakRssBytes() {
  const { maxRSS } = process.resourceUsage();
  const kibibytes =
    process.platform === 'linux' ? /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return Number(kibibytes?.[1] ?? maxRSS) * 1024;
}
process.on('disconnect', () => process.exit()); // it must not outlive the benchmark
