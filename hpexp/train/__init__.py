"""Training: the only place that imports TensorFlow, Keras or scikit-learn.

Importing anything below imports TensorFlow first, in the fast way.
"""

from hpexp.train.start import import_tensorflow

import_tensorflow()
