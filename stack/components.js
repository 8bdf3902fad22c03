// The components, for other Pulumi programs: `import { MinikubeCluster } from 'webstack'`.
module.exports = require('./load')('components.ts');
