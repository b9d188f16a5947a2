"""Ways to search and to fade: all there is to know stands in the declarations."""
